/** A cell must not end its table. */
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ');

/** A Markdown table; columns that are empty in every row are left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kept = head.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? '') !== ''));
  const line = (cells: readonly string[]) =>
    `| ${kept.map((index) => cell(cells[index] ?? '')).join(' | ')} |`;
  return [line(head), `|${kept.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/** Blocks of a page, with empty lines between them. */
export const page = (...blocks: readonly string[]): string =>
  `${blocks.filter((block) => block !== '').join('\n\n')}\n`;

/** Anchor that Markdown viewers give to a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

/** Said at the top of each generated page. */
export const generatedFrom = (source: string): string =>
  `<!-- Generated from ${source} by "node docs/generate.mjs"; changes made here are lost. -->`;
