import { Fragment } from 'preact';
import type { ComponentChildren, JSX } from 'preact';

export interface Column<R> {
  title: string;
  cell: (row: R) => ComponentChildren;
  align?: 'end';
  /** Heads the card that a row becomes on a narrow screen; has no label there. */
  heads?: boolean;
  /** For buttons: no label on a card, at its end. */
  acts?: boolean;
  /** Takes what room is left. */
  grows?: boolean;
  /** Left out where there is little room but not so little that rows become cards. */
  spare?: boolean;
}

interface TableProps<R> {
  /** Says what the table lists. */
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  keyOf: (row: R) => string;
  /** What stands below a row, if anything. */
  detail?: (row: R) => ComponentChildren;
  rowClass?: (row: R) => string;
}

const classOf = <R,>({ align, heads, acts, grows, spare }: Column<R>): string =>
  [align === 'end' && 'end', heads && 'heads', acts && 'acts', grows && 'grows', spare && 'spare']
    .filter(Boolean)
    .join(' ');

/** Rows become cards on narrow screens (styles/table.css); the roles keep it a table for those who hear it. */
export const Table = <R,>({ label, columns, rows, keyOf, detail, rowClass }: TableProps<R>): JSX.Element => (
  <table class="table" role="table" aria-label={label}>
    <thead role="rowgroup">
      <tr role="row">
        {columns.map((column) => (
          <th key={column.title} role="columnheader" scope="col" class={classOf(column)}>
            {column.acts ? <span class="visually-hidden">{column.title}</span> : column.title}
          </th>
        ))}
      </tr>
    </thead>
    <tbody role="rowgroup">
      {rows.map((row) => {
        const below = detail?.(row);
        return (
          <Fragment key={keyOf(row)}>
            <tr role="row" class={rowClass?.(row)} data-id={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.title} role="cell" class={classOf(column)} data-label={column.title}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
            {below !== undefined && below !== null && below !== false && (
              <tr role="row" class="detail">
                <td role="cell" colSpan={columns.length}>
                  {below}
                </td>
              </tr>
            )}
          </Fragment>
        );
      })}
    </tbody>
  </table>
);
