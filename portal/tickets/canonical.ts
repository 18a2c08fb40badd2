/** Deepest nesting of what is signed: far more than a ticket needs, far less than what exhausts a stack. */
const maxDepth = 8;

/**
 * One text for one JSON value, whatever the order of its keys: what a signature is made over.
 * @throws RangeError when the value is nested too deeply
 */
export function canonical(value: unknown, levels = maxDepth): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (levels === 0) throw new RangeError('nested too deeply');
  if (Array.isArray(value)) return `[${value.map((member) => canonical(member, levels - 1)).join(',')}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member, levels - 1)}`);
  return `{${members.join(',')}}`;
}
