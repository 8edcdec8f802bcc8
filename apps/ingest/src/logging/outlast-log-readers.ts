/**
 * Has the server outlast whoever reads its log: lines for a pipe that nobody reads any more, or for a file on a full disk, are
 * lost, where the first of them would end the process and every publish with it. Where there is room again later lines are
 * written.
 */
export function outlastLogReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}
