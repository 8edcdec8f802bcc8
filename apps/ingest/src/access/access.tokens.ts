/** Token of the StreamKeys of publishers. */
export const PUBLISH_KEYS = Symbol('publish keys');

/** Token of the StreamKeys of players. */
export const PLAY_KEYS = Symbol('play keys');
