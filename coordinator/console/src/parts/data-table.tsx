import { Button, TextInput } from '@mantine/core';
import IconArrowDown from '@tabler/icons-react/icons/IconArrowDown';
import IconArrowUp from '@tabler/icons-react/icons/IconArrowUp';
import IconDownload from '@tabler/icons-react/icons/IconDownload';
import IconSearch from '@tabler/icons-react/icons/IconSearch';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { words } from '../words/index.js';
import { csvText } from './csv.js';
import { download, fileName } from './download.js';
import { filtered, sorted, type Column } from './table-rows.js';
import { ViewsMenu } from './views-menu.js';

export interface TableProps<T> {
  readonly name: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string;
  /** Stands where there is not one row, filter or not. */
  readonly empty: ReactNode;
  readonly more?: boolean;
  /** Further filters, beside the text. */
  readonly filters?: ReactNode;
  /** Two tables of a page keep their filters apart. */
  readonly prefix?: string;
  /** What it is filtered and sorted by can be kept under a name: for tables to which people come back. */
  readonly views?: boolean;
  /** Stands over the table, in a line with its tools. */
  readonly title?: string;
  /** What may be done with the whole, at the end of that line. */
  readonly acts?: ReactNode;
}

/** So few rows are seen at one glance. */
const FEW = 6;

/** Rows that can be filtered, sorted and taken along as CSV. Filter and order stand in the address, so they can be linked to. */
export function DataTable<T>(props: TableProps<T>): ReactNode {
  const { name, rows, columns, rowKey, empty, more, filters, prefix = '', title, acts, views } = props;
  const [search, setSearch] = useSearchParams();
  const text = search.get(`${prefix}q`) ?? '';
  const order = search.get(`${prefix}sort`) ?? '';
  const set = (key: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === '') next.delete(`${prefix}${key}`);
        else next.set(`${prefix}${key}`, value);
        return next;
      },
      { replace: true },
    );
  const shown = sorted(filtered(rows, columns, text), columns, order);
  const saveCsv = () =>
    download(
      `${fileName(name)}.csv`,
      csvText(
        columns.map(({ head }) => head),
        shown.map((row) => columns.map(({ value }) => value(row))),
      ),
      'text/csv',
    );
  if (rows.length === 0 && !filters && !title) return empty;
  return (
    <div>
      <div className="table-bar">
        {title && <h2>{title}</h2>}
        {(rows.length > FEW || text !== '') && (
          <TextInput
            size="xs"
            leftSection={<IconSearch size={14} />}
            placeholder={words.shell.table.filter}
            aria-label={words.shell.table.filterLabel(name)}
            value={text}
            onChange={(event) => set('q', event.currentTarget.value)}
          />
        )}
        {filters}
        {rows.length > 0 && (
          <>
            <span className="table-count nums">{words.shell.table.rows(shown.length, rows.length)}</span>
            {views && <ViewsMenu />}
            <Button
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} />}
              onClick={saveCsv}
              aria-label={words.shell.table.csvLabel(name)}
            >
              {words.shell.table.csv}
            </Button>
          </>
        )}
        {acts}
      </div>
      {rows.length === 0 ? (
        empty
      ) : (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={name}>
          <table className="table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <Head key={column.id} column={column} order={order} sort={(next) => set('sort', next)} />
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={rowKey(row)}>
                  {columns.map(({ id, value, cell, number, wide }) => (
                    <td key={id} className={number ? 'num' : wide ? 'wide' : undefined}>
                      {cell ? cell(row) : (value(row) ?? words.shell.none)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && (
            <div className="empty">
              <p>{words.shell.table.nothing}</p>
              <Button size="xs" variant="default" onClick={() => set('q', '')}>
                {words.shell.table.clear}
              </Button>
            </div>
          )}
        </div>
      )}
      {more && <p className="soft">{words.shell.table.more}</p>}
    </div>
  );
}

function Head<T>({ column, order, sort }: { readonly column: Column<T>; readonly order: string; sort(order: string): void }): ReactNode {
  const up = order === column.id;
  const down = order === `-${column.id}`;
  return (
    <th scope="col" className={column.number ? 'num' : undefined} aria-sort={up ? 'ascending' : down ? 'descending' : undefined}>
      {column.fixed ? (
        column.head
      ) : (
        <button
          type="button"
          onClick={() => sort(up ? `-${column.id}` : down ? '' : column.id)}
          title={words.shell.table.sortBy(column.head)}
        >
          {column.head}
          {up && <IconArrowUp size={12} aria-hidden />}
          {down && <IconArrowDown size={12} aria-hidden />}
        </button>
      )}
    </th>
  );
}
