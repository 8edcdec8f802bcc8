const GZIP = new Set(['gzip', 'x-gzip']);
const WEIGHT = /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/u;

/** The header that was looked at last, and what it said: most clients of a stream send the same. */
let lastHeader = '';
let lastAnswer = false;

/** Whether Accept-Encoding (RFC 9110 §12.5.3) allows gzip; what is not understood allows nothing. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header === lastHeader) return lastAnswer;
  lastAnswer = weightOfGzip(header) > 0;
  lastHeader = header;
  return lastAnswer;
}

/** What is said about gzip itself counts, whatever is said about all others. */
function weightOfGzip(header: string): number {
  let others = 0;
  for (const item of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    const isGzip = GZIP.has(coding);
    if (!isGzip && coding !== '*') continue;
    const weight = weightIn(parameters);
    if (isGzip) return weight;
    others = weight;
  }
  return others;
}

function weightIn(parameters: readonly string[]): number {
  if (parameters.length === 0) return 1;
  const [weight = ''] = parameters;
  return parameters.length === 1 && WEIGHT.test(weight) ? Number(weight.slice(2)) : 0;
}
