import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../../../../management-api/schemas/audit.ts';
import { useApi } from '../live/context.ts';
import { usePages } from '../live/pages.ts';
import { linkTo } from '../model/route.ts';
import { Card, Empty, Id, More, PageHead, Search, Stale, Time, Waiting } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';

const none = <span class="muted">–</span>;

const columns: Column<AuditEntry>[] = [
  { title: 'When', cell: ({ at }) => <Time at={at} /> },
  { title: 'What', heads: true, cell: ({ action }) => <code>{action}</code> },
  {
    title: 'Room',
    cell: ({ room }) =>
      room === undefined ? (
        none
      ) : (
        <a class="cut" href={linkTo({ page: 'room', room })}>
          {room}
        </a>
      ),
  },
  { title: 'Of', cell: ({ target }) => (target === undefined ? none : <Id>{target}</Id>) },
  {
    title: 'By',
    cell: ({ service, user }) => (
      <span class="stacked">
        <span class="cut">{service}</span>
        {user !== undefined && <small>for {user}</small>}
      </span>
    ),
  },
  {
    title: 'Details',
    grows: true,
    cell: ({ detail }) =>
      detail === undefined || detail === null ? none : <code class="json">{JSON.stringify(detail)}</code>,
  },
];

/** Who changed what. */
export const AuditPage = ({ room: only }: { room: string }): JSX.Element => {
  const api = useApi();
  const [room, setRoom] = useState(only);
  const { view, rows, more } = usePages(`audit ${room}`, (page, signal) =>
    api.audit({ room: room.trim(), ...page }, signal),
  );
  return (
    <>
      <PageHead title="Audit log" note="What was changed through the API, newest first.">
        <Search label="Room id" value={room} onInput={setRoom} />
      </PageHead>
      {rows === undefined ? (
        <Waiting view={view} />
      ) : (
        <Card>
          <Stale view={view} />
          {rows.length === 0 ? (
            <Empty
              glyph="audit"
              title={room === '' ? 'Nothing was changed yet' : `Nothing was changed in “${room}”`}
            />
          ) : (
            <Table label="Audit log" columns={columns} rows={rows} keyOf={({ id }) => String(id)} />
          )}
          {more !== undefined && <More onClick={more} />}
        </Card>
      )}
    </>
  );
};
