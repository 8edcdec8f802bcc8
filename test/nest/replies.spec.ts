import { Controller } from '@nestjs/common';
import { RtmpCommand } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;

afterEach(() => test.close());

class Account {
  readonly since = new Date(0);
  constructor(
    readonly name: string,
    readonly friends: Account[] = [],
  ) {}

  get greeting(): string {
    return `Hello ${this.name}`;
  }
}

@Controller()
class Calls {
  @RtmpCommand('connect')
  connect(): object {
    return new Account('connected');
  }
  @RtmpCommand('account')
  account(): object {
    return new Account('called', [new Account('friend')]);
  }
  @RtmpCommand('map')
  map(): object {
    return { accounts: new Map([['a', new Account('a')]]) };
  }
}

describe('what a handler returns', () => {
  it('may be an instance of a class, as the answer to connect too', async () => {
    test = await startMicroservice({ controllers: [Calls] });
    const client = await RawRtmpClient.open(test.port);
    const connected = await client.connect('live');
    expect(connected.name).toBe('_result');
    expect(connected.values[1]).toMatchObject({ code: 'NetConnection.Connect.Success', name: 'connected' });
    const { values } = await client.call('account', null);
    const since = new Date(0);
    expect(values[1]).toEqual({ since, name: 'called', friends: [{ since, name: 'friend', friends: [] }] });
  });

  it('is refused when AMF has no form for it, and the log says which part and why', async () => {
    test = await startMicroservice({ controllers: [Calls] });
    const client = await RawRtmpClient.connected(test.port);
    const { name, values } = await client.call('map', null);
    expect([name, values[1]]).toMatchObject(['_error', { description: 'Internal server error' }]);
    expect(test.log.of('the result of the map handler cannot be sent as AMF')).toMatchObject([
      { problem: 'values[0].accounts: AMF0 has no form for an instance of Map' },
    ]);
  });
});

it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'a command called %s is one that nobody handles',
  async (name) => {
    test = await startMicroservice();
    const client = await RawRtmpClient.connected(test.port);
    const reply = await client.call(name, null);
    expect([reply.name, reply.values[1]]).toMatchObject(['_error', { description: `Method not found (${name}).` }]);
    expect(await client.publish('cam')).toMatchObject({ code: 'NetStream.Publish.Start' });
  },
);
