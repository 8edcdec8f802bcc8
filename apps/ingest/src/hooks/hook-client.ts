import { createHmac } from 'node:crypto';

/** Where requests go, and how. */
export interface HookTarget {
  readonly url: string;
  /** Signs bodies; undefined signs none. */
  readonly secret: string | undefined;
  /** Milliseconds for an answer, its body included. */
  readonly timeout: number;
}

/** What a backend answered. */
export interface HookAnswer {
  readonly status: number;
  /** The object in the body; {} when it says nothing; undefined when it was to be one, and cannot be read. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Most of an answer that is read, in bytes. */
const MAX_ANSWER = 64 * 1024;

/** Posts JSON to a backend, and reads its answer. Redirects are not followed: who is asked is said by the settings alone. */
export class HookClient {
  constructor(private readonly target: HookTarget) {}

  /**
   * @param signal ends it, beside the timeout
   * @throws {Error} what kept it from answering, without the address: a token may stand in it
   */
  async post(message: object, signal?: AbortSignal): Promise<HookAnswer> {
    const { url, timeout } = this.target;
    const body = JSON.stringify(message);
    const controller = new AbortController();
    const end = () => controller.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, timeout);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        redirect: 'manual',
        headers: { 'Content-Type': 'application/json', ...this.#signature(body) },
        signal: controller.signal,
      });
      const { status, headers } = response;
      return { status, body: objectIn(await textOf(response), headers.get('content-type') ?? '') };
    } catch (error) {
      throw new Error(isLate ? `no answer within ${timeout} ms` : reasonOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  /** The time, so that nobody can send an old message again, and the HMAC of time and body. */
  #signature(body: string): Record<string, string> {
    const { secret } = this.target;
    if (secret === undefined) return {};
    const time = Math.floor(Date.now() / 1000);
    const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    return { 'X-Rtmp-Signature': `t=${time},v1=${digest}` };
  }
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length > MAX_ANSWER) throw new Error(`an answer of more than ${MAX_ANSWER} bytes`);
  }
  // Without the mark of byte order that files of PHP may begin with, which is no JSON.
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** Of what is meant as JSON nothing may be lost: it may say that a publish is to be called otherwise than by its key. */
function objectIn(text: string, type: string): HookAnswer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return undefined;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    const isMeant = text !== '' && (/[/+]json\b/iu.test(type) || /^\s*[{[]/u.test(text));
    return isMeant ? undefined : {};
  }
}

/** fetch() says "fetch failed", and the reason behind it. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Partial<NodeJS.ErrnoException> };
  return cause?.code ?? cause?.message ?? message;
}
