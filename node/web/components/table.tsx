import type { Child } from 'hono/jsx';

export interface Column<Row> {
  readonly key: string;
  readonly label: Child;
  readonly cell: (row: Row) => Child;
  /** Where this column's order is chosen, and whether it is the present one. */
  readonly sort?: { readonly href: string; readonly now: 'ascending' | 'descending' | 'none' };
  readonly align?: 'end';
  /** Names the row for readers of the screen; one column has it. */
  readonly isHeader?: boolean;
}

export interface DataTableProps<Row> {
  readonly caption: Child;
  readonly id: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly rowClass?: (row: Row) => string | undefined;
  readonly hideCaption?: boolean;
}

/**
 * A table in a container that scrolls by keyboard, so that the page never does sideways. On a phone each cell carries its
 * column's name and the head is clipped; roles are spelt out, since such a layout takes them away (WCAG 1.3.1).
 */
export function DataTable<Row>({
  caption,
  id,
  columns,
  rows,
  rowKey,
  rowClass,
  hideCaption = false,
}: DataTableProps<Row>) {
  return (
    <div class="scroll" role="region" aria-labelledby={`${id}-caption`} tabindex={0}>
      <table class="data" role="table" id={id}>
        <caption id={`${id}-caption`} class={hideCaption ? 'unseen' : undefined}>
          {caption}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                role="columnheader"
                scope="col"
                class={column.align === 'end' ? 'end' : undefined}
                aria-sort={column.sort === undefined || column.sort.now === 'none' ? undefined : column.sort.now}
              >
                {column.sort === undefined ? (
                  column.label
                ) : (
                  <a class="sort" href={column.sort.href}>
                    {column.label}
                    <span aria-hidden="true">{sortMarks[column.sort.now]}</span>
                  </a>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr role="row" data-key={rowKey(row)} class={rowClass?.(row)}>
              {columns.map((column) => (
                <Cell column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const sortMarks = { ascending: ' ▲', descending: ' ▼', none: '' } as const;

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const content = (
    <>
      <span class="cell-label" aria-hidden="true">
        {column.label}
      </span>
      <div class="cell">{column.cell(row)}</div>
    </>
  );
  const side = column.align === 'end' ? 'end' : undefined;
  return column.isHeader === true ? (
    <th role="rowheader" scope="row" class={side}>
      {content}
    </th>
  ) : (
    <td role="cell" class={side}>
      {content}
    </td>
  );
}

/** Keyset pages: there is a next one or not, and no number of them. */
export function Pager({
  newer,
  older,
  label = 'Pages',
}: {
  readonly newer?: string | undefined;
  readonly older?: string | undefined;
  readonly label?: string;
}) {
  if (newer === undefined && older === undefined) return null;
  return (
    <nav class="pager" aria-label={label}>
      {newer === undefined ? null : (
        <a class="button second" rel="prev" href={newer}>
          ← Back
        </a>
      )}
      {older === undefined ? null : (
        <a class="button second" rel="next" href={older}>
          More →
        </a>
      )}
    </nav>
  );
}
