/** One measured figure. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What we aim at, as text. */
  target?: string;
  /** Whether the aim is met; absent without one. */
  met?: boolean;
}

/** A table for a person. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, target, met }) => [
    what,
    `${String(value)} ${unit}`,
    target ?? '',
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const header = ['Measured', 'Result', 'Target', ''];
  const all = [header, ...rows];
  const widths = header.map((_title, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    line(header),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}
