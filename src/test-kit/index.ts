export type { VirtualEncoderOptions } from './virtual-encoder-options.js';
export { VirtualEncoder } from './virtual-encoder.js';
export { VirtualPlayer, type VirtualPlayerFigures, type VirtualPlayerOptions } from './virtual-player.js';
