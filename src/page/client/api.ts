import type { AdminHistories, AdminProblem, AdminServer, AdminSession, AdminSnapshot } from '../../admin/admin-api.js';
import { addressOf } from './page-base.js';

/** The server refused. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: AdminProblem,
  ) {
    super(problem.description);
  }
}

/** Tells the other tabs of this page that somebody logged out. */
const sessions = new BroadcastChannel(`session of ${addressOf('/')}`);
/** Tells this tab that the server wants a login. */
const refusals = new EventTarget();

/** Calls when one has to log in again: the session is over, or was ended in another tab. */
export function onLogInWanted(listener: () => void, signal: AbortSignal): void {
  sessions.addEventListener('message', listener, { signal });
  refusals.addEventListener('refusal', listener, { signal });
}

/** Asks the server. @param path from its root @throws {ApiError} */
export async function request<T>(
  path: string,
  options: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> } = {},
): Promise<T> {
  const response = await fetch(addressOf(path), {
    ...options,
    headers: { Accept: 'application/json', ...options.headers },
  });
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.code === 'ADMIN_ERR_CREDENTIAL') refusals.dispatchEvent(new Event('refusal'));
    throw new ApiError(response.status, problem);
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Sends a body as JSON. @throws {ApiError} */
export function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'Content-Type': 'application/json' };
  return request(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Whether the server answers us, and if not, why. @throws {ApiError} */
export function getSession(): Promise<AdminSession> {
  return request('/api/session');
}

/** What the server is. @throws {ApiError} */
export function getServer(): Promise<AdminServer> {
  return request('/api/server');
}

/** The last minutes of what is live, for charts; they begin empty without. */
export function getHistories(): Promise<AdminHistories> {
  return request<AdminHistories>('/api/streams/history').catch(() => ({}));
}

/** @throws {ApiError} */
export async function logIn(token: string): Promise<void> {
  await post('/api/session', { token });
}

/** @throws {ApiError} */
export async function logOut(): Promise<void> {
  await request('/api/session', { method: 'DELETE' });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- channels have none
  sessions.postMessage('ended');
}

/** Ends a publish. @throws {ApiError} */
export async function endStream(app: string, name: string): Promise<void> {
  await request(`/api/streams/${encodeURIComponent(app)}/${encodeURIComponent(name)}`, { method: 'DELETE' });
}

/** Follows what is live. */
export interface SnapshotObserver {
  onSnapshot(snapshot: AdminSnapshot): void;
  /** The connection is there, or lost; it is tried again by itself. */
  onConnection(isOpen: boolean): void;
  /** What came meanwhile was missed: the connection was lost, or nobody looked. */
  onResumed(): void;
  /** One has to log in again. */
  onRefused(): void;
}

/** How long without an event until the connection is taken for dead, in milliseconds: one comes every second. */
const SILENCE = 10_000;

/**
 * Follows as long as the page is seen. A page that is not keeps no connection: browsers open six to a server over
 * HTTP/1.1, all tabs together, and do not load the next tab before one is free.
 *
 * @returns a function that ends it
 */
export function followSnapshots(observer: SnapshotObserver): () => void {
  let source: EventSource | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let isEnded = false;
  let isInterrupted = false;
  const close = () => {
    clearTimeout(silence);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (isEnded || document.hidden) return;
    source = new EventSource(addressOf('/api/streams/events'));
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      heard();
      observer.onConnection(true);
      if (isInterrupted) observer.onResumed();
      isInterrupted = false;
      observer.onSnapshot(JSON.parse(data) as AdminSnapshot);
    });
    source.addEventListener('error', () => {
      isInterrupted = true;
      observer.onConnection(false);
      // The browser tries again by itself unless it was refused.
      if (source?.readyState === EventSource.CLOSED) void retry();
    });
    heard();
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      isInterrupted = true;
      observer.onConnection(false);
      open();
    }, SILENCE);
  };
  const retry = async () => {
    const session = await getSession().catch(() => undefined);
    if (session?.isOpen === false) observer.onRefused();
    else setTimeout(open, 2000);
  };
  const onVisibility = () => {
    if (document.hidden) isInterrupted = true;
    open();
  };
  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    isEnded = true;
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}

async function problemOf(response: Response): Promise<AdminProblem> {
  try {
    const body = (await response.json()) as Partial<AdminProblem> & { message?: string };
    return { code: body.code ?? '', description: body.description ?? body.message ?? response.statusText };
  } catch {
    return { code: '', description: `The server answered ${response.status} ${response.statusText}.` };
  }
}
