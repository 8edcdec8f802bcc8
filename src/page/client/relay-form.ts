import { post } from './api.js';
import { announce, field, h, setText } from './dom.js';

/** Adds a rule: what is sent on, or taken, until the server is started again. */
export function relayForm(onAdded: () => void): HTMLElement {
  const direction = h(
    'select',
    { id: 'relay-direction' },
    h('option', { value: 'push' }, 'Send on'),
    h('option', { value: 'pull' }, 'Take from'),
  );
  const app = h('input', { id: 'relay-app', value: 'live', required: true, autocomplete: 'off', spellcheck: 'false' });
  const name = h('input', { id: 'relay-name', autocomplete: 'off', spellcheck: 'false', placeholder: 'all' });
  const url = h('input', {
    id: 'relay-url',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'rtmp://server/app/name?key=…',
  });
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const form = h(
    'form',
    { class: 'panel relay-form' },
    h('h2', {}, 'Add a rule'),
    h('div', { class: 'fields' }, field('Direction', direction), field('App here', app), field('Name here', name)),
    field('Address of the other server', url),
    problem,
    h('div', {}, h('button', { type: 'submit', class: 'primary' }, 'Add')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const rule = {
      direction: direction.value,
      app: app.value,
      url: url.value,
      ...(name.value !== '' && { name: name.value }),
    };
    post('/api/relays', rule).then(
      () => {
        problem.hidden = true;
        url.value = '';
        announce('The rule was added');
        onAdded();
      },
      (error: unknown) => {
        setText(problem, (error as Error).message);
        problem.hidden = false;
      },
    );
  });
  return form;
}
