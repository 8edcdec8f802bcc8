import { refusalAnswer } from './hls-answer.js';

/** A viewer's own query stands behind every URI of its playlists, which are its own then; in characters. */
const MAX_OWN_QUERY = 2048;

/** The answer to a query that would make playlists too large. */
export const QUERY_TOO_LONG = refusalAnswer(
  414,
  'NetConnection.Call.BadRequest',
  `The query is longer than ${MAX_OWN_QUERY} characters; it would stand behind every URI of the playlists.`,
);

/** @param query without its `?` */
export function isQueryTooLong(query: string): boolean {
  return query.length > MAX_OWN_QUERY;
}

/**
 * A query as it is appended to URIs, which stand in quotes.
 *
 * @param query without its `?`
 */
export function querySuffix(query: string): string {
  return query === '' ? '' : `?${query.replaceAll('"', '%22')}`;
}
