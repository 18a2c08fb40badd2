import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import type { Part } from '../api/management.ts';
import { useApi, useCluster, useLive, useView } from '../live/context.ts';
import { count } from '../model/format.ts';
import { linkTo } from '../model/route.ts';
import { matching, roomRows } from '../model/room-rows.ts';
import type { RoomRow } from '../model/room-rows.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Dot, Empty, More, PageHead, Pill, Search, SmallButton, Stale, Waiting } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { RoomDialog } from './room-dialog.tsx';
import type { Room } from '../../../../management-api/schemas/rooms.ts';

const pageSize = 100;
/** Stored rooms change rarely and are many bytes: they are not asked for in each look, ms. */
const freshFor = 10_000;

/** The stored rooms, as many as were asked for. */
const useRooms = () => {
  const live = useLive();
  const [limit, setLimit] = useState(pageSize);
  const kept = useRef<{ at: number; limit: number; part: Part<Room> } | undefined>(undefined);
  const view = useView('rooms', async ({ api, cluster }, signal) => {
    const known = kept.current;
    if (known !== undefined && known.limit === limit && Date.now() - known.at < freshFor) return known.part;
    const isSuper = cluster?.nodes !== undefined;
    const part = await api.rooms({ limit, ...(isSuper ? { service: '*' } : {}) }, signal);
    kept.current = { at: Date.now(), limit, part };
    return part;
  });
  const reload = (): void => {
    kept.current = undefined;
    live.refresh();
  };
  const more = (): void => {
    setLimit(Math.min(1_000, limit + pageSize));
    live.refresh();
  };
  return { view, reload, more: view.data?.next !== undefined && limit < 1_000 ? more : undefined };
};

const limitText = (limit: number): JSX.Element =>
  limit < 0 ? <span class="muted">no limit</span> : <>{limit.toLocaleString()}</>;

const NameCell = ({ row }: { row: RoomRow }): JSX.Element => (
  <a class="row-link" href={linkTo({ page: 'room', room: row.id })}>
    <Dot tone={row.running === undefined ? 'plain' : 'good'} />
    <span>
      {row.room?.name ?? row.id}
      {row.room !== undefined && row.room.name !== row.id && <small>{row.id}</small>}
    </span>
  </a>
);

const columns = (act: { edit: (id: string) => void; drop: (row: RoomRow) => void }): Column<RoomRow>[] => [
  { title: 'Room', heads: true, grows: true, cell: (row) => <NameCell row={row} /> },
  {
    title: 'State',
    cell: ({ running }) =>
      running === undefined ? <span class="muted">idle</span> : <Pill tone="good">running</Pill>,
  },
  {
    title: 'Participants',
    align: 'end',
    cell: ({ running }) => running?.participants ?? <span class="muted">–</span>,
  },
  { title: 'Streams', align: 'end', cell: ({ running }) => running?.streams ?? <span class="muted">–</span> },
  {
    title: 'Participant limit',
    align: 'end',
    cell: ({ room }) =>
      room === undefined ? <span class="muted">–</span> : limitText(room.participantLimit),
  },
  {
    title: 'Input limit',
    align: 'end',
    cell: ({ room }) => (room === undefined ? <span class="muted">–</span> : limitText(room.inputLimit)),
  },
  {
    title: 'Roles',
    align: 'end',
    cell: ({ room }) =>
      room === undefined ? (
        <span class="muted">–</span>
      ) : (
        <span title={room.roles.map(({ role }) => role).join(', ')}>{room.roles.length}</span>
      ),
  },
  {
    title: 'Actions',
    acts: true,
    cell: (row) =>
      row.room !== undefined && (
        <>
          <SmallButton
            glyph="edit"
            label={`Edit ${row.room.name}`}
            onClick={() => {
              act.edit(row.id);
            }}
          />
          <SmallButton
            glyph="trash"
            tone="danger"
            label={`Delete ${row.room.name}`}
            onClick={() => {
              act.drop(row);
            }}
          />
        </>
      ),
  },
];

/** Asks, then deletes. @returns what begins it, and the dialog to place */
const useDeletion = (onDeleted: () => void): [(row: RoomRow) => void, JSX.Element | null] => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const drop = ({ id, room, running: inside }: RoomRow): void => {
    ask({
      title: `Delete ${room?.name ?? id}?`,
      text:
        inside === undefined
          ? 'The room and its settings are gone for good.'
          : `The room runs: ${count(inside.participants, 'participant')} will be sent away. Its settings are gone for good.`,
      confirm: 'Delete room',
      act: async () => {
        await api.deleteRoom(id);
        done(`Room ${id} deleted`);
        onDeleted();
      },
    });
  };
  return [drop, question];
};

export const RoomsPage = (): JSX.Element => {
  const { view, reload, more } = useRooms();
  const running = useCluster()?.rooms ?? [];
  const [search, setSearch] = useState('');
  const [dialog, setDialog] = useState<{ edit?: string }>();
  const [drop, question] = useDeletion(reload);
  const rows = roomRows(view.data?.items ?? [], running);
  const shown = matching(rows, search);
  return (
    <>
      <PageHead
        title="Rooms"
        note={
          view.data &&
          `${count(rows.length, 'room')}${more ? ' loaded' : ''}, ${String(running.length)} running`
        }
      >
        <Search label="Search rooms" value={search} onInput={setSearch} />
        <Button
          kind="primary"
          onClick={() => {
            setDialog({});
          }}
        >
          <Glyph name="plus" /> New room
        </Button>
      </PageHead>
      {view.data === undefined ? (
        <Waiting view={view} />
      ) : (
        <Card>
          <Stale view={view} />
          {shown.length === 0 ? (
            <NoRooms search={search} />
          ) : (
            <Table
              label="Rooms"
              columns={columns({
                edit: (edit) => {
                  setDialog({ edit });
                },
                drop,
              })}
              rows={shown}
              keyOf={({ id }) => id}
            />
          )}
          {more !== undefined && <More onClick={more} />}
        </Card>
      )}
      {dialog !== undefined && (
        <RoomDialog
          {...dialog}
          onClose={() => {
            setDialog(undefined);
          }}
          onSaved={() => {
            setDialog(undefined);
            reload();
          }}
        />
      )}
      {question}
    </>
  );
};

const NoRooms = ({ search }: { search: string }): JSX.Element =>
  search === '' ? (
    <Empty glyph="rooms" title="No rooms yet">
      <p>A stored room has its own limits and roles, and keeps them when it is empty.</p>
    </Empty>
  ) : (
    <Empty glyph="search" title={`No room matches “${search}”`}>
      <p>Only rooms that are loaded are searched, by name and id.</p>
    </Empty>
  );
