import type { AdminSnapshot } from '../../admin/admin-api.js';
import type { Store } from './store.js';

/** What a view gets. */
export interface ViewContext {
  readonly store: Store;
  /** Aborted when another view takes its place. */
  readonly signal: AbortSignal;
}

/** Something the main part of the page can show. */
export interface View {
  /** Of the window, before the name of the server. */
  readonly title: string;
  readonly element: HTMLElement;
}

/** Address of a stream's own view. */
export function streamHref({ app, name }: Pick<AdminSnapshot['streams'][number], 'app' | 'name'>): string {
  return `#/streams/${encodeURIComponent(app)}/${encodeURIComponent(name)}`;
}
