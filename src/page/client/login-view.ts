import { logIn } from './api.js';
import { field, h, setText } from './dom.js';
import type { View } from './view.js';

/** Asks for the admin token. */
export function loginView(onDone: () => void): View {
  const token = h('input', {
    id: 'token',
    name: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'primary' }, 'Log in');
  const form = h(
    'form',
    { class: 'panel login' },
    h('h1', { tabindex: -1 }, 'Log in'),
    h('p', { class: 'hint' }, 'With the admin token that this server was started with, RTMP_ADMIN_TOKEN.'),
    field('Admin token', token),
    problem,
    button,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    logIn(token.value).then(onDone, (error: unknown) => {
      button.disabled = false;
      setText(problem, (error as Error).message);
      problem.hidden = false;
      token.select();
    });
  });
  return { title: 'Log in', element: form };
}

/** The server does not answer, or not to this browser. */
export function problemView(text: string, onRetry: () => void): View {
  const element = h(
    'div',
    { class: 'panel login' },
    h('h1', { tabindex: -1 }, 'Not available'),
    h('p', { role: 'alert' }, text),
    h('button', { type: 'button', class: 'primary', onclick: onRetry }, 'Try again'),
  );
  return { title: 'Not available', element };
}
