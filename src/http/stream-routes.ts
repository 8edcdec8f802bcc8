/** Parts that a name may have in the path of a route. Adapters know no wildcard in front of something. */
const MAX_NAME_PARTS = 8;

/** Routes of `/app/name` with a suffix, whatever slashes there are in the name. */
export function streamRoutes(suffix: string, prefix = ''): string[] {
  return Array.from({ length: MAX_NAME_PARTS }, (_, folders) => {
    const parts = Array.from({ length: folders }, (_part, index) => `:folder${index + 1}/`);
    return `${prefix}:app/${parts.join('')}:name${suffix}`;
  });
}

/** App and name by the parameters of such a route. */
export function routedStream({ app = '', name = '', ...rest }: Readonly<Record<string, string>>): {
  app: string;
  name: string;
} {
  const parts: string[] = [];
  for (let folder = rest['folder1']; folder !== undefined; folder = rest[`folder${parts.length + 1}`]) {
    parts.push(folder);
  }
  return { app, name: [...parts, name].join('/') };
}
