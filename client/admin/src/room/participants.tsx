import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Participant } from '../../../../management-api/schemas/participants.ts';
import { Avatar } from '../../../app/src/ui/avatar.tsx';
import { roleName } from '../../../app/src/roles.ts';
import { useApi } from '../live/context.ts';
import { count, formatSpan } from '../model/format.ts';
import type { RoomPicture } from '../model/room-picture.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Empty, Id, Pill, Search, SmallButton, Time } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { PermissionSwitches } from './permission-switches.tsx';
import { Subscriptions } from './subscriptions.tsx';

interface ParticipantsProps {
  room: string;
  picture: RoomPicture;
}

/** With more of them one wants to search. */
const many = 10;

const agents = (participant: Participant): JSX.Element => (
  <span class="stacked">
    <Id>{participant.portal}</Id>
    {participant.agent !== undefined && <Id>{participant.agent}</Id>}
  </span>
);

interface ColumnOptions extends ParticipantsProps {
  /** Whose subscriptions are shown. */
  open: ReadonlySet<string>;
  toggle: (id: string) => void;
  drop: (participant: Participant) => void;
}

const columnsOf = ({ room, picture, open, toggle, drop }: ColumnOptions): Column<Participant>[] => {
  const received = ({ id }: Participant): number =>
    picture.subscriptions.filter(({ participant }) => participant === id).length;

  return [
    {
      title: 'Participant',
      heads: true,
      grows: true,
      cell: (participant) => <Person participant={participant} />,
    },
    { title: 'Role', cell: ({ role }) => <span title={role}>{roleName(role)}</span> },
    {
      title: 'Connection',
      cell: ({ connection }) =>
        connection === 'ok' ? <Pill tone="good">connected</Pill> : <Pill tone="warn">lost</Pill>,
    },
    {
      title: 'May send',
      cell: (participant) => <PermissionSwitches room={room} participant={participant} action="publish" />,
    },
    {
      title: 'May receive',
      cell: (participant) => <PermissionSwitches room={room} participant={participant} action="subscribe" />,
    },
    { title: 'Portal, agent', spare: true, cell: agents },
    {
      title: 'Joined',
      align: 'end',
      cell: ({ joinedAt }) => (
        <span class="stacked">
          <Time at={joinedAt} />
          <small>{formatSpan(Date.now() - joinedAt)}</small>
        </span>
      ),
    },
    {
      title: 'Receives',
      align: 'end',
      cell: (participant) => {
        const number = received(participant);
        return number === 0 ? (
          <span class="muted">–</span>
        ) : (
          <button
            type="button"
            class="expander"
            aria-expanded={open.has(participant.id)}
            onClick={() => {
              toggle(participant.id);
            }}
          >
            {number}
            <span class="visually-hidden"> subscriptions of {participant.user}</span>
            <Glyph name="chevron" size={16} />
          </button>
        );
      },
    },
    {
      title: 'Actions',
      acts: true,
      cell: (participant) => (
        <SmallButton
          glyph="sign-out"
          tone="danger"
          label={`Drop ${participant.user}`}
          onClick={() => {
            drop(participant);
          }}
        />
      ),
    },
  ];
};

/** Everybody in the room, and what they may do. */
export const Participants = ({ room, picture }: ParticipantsProps): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const drop = ({ id, user }: Participant): void => {
    ask({
      title: `Drop ${user}?`,
      text: 'They are sent away at once and cannot come back with what they have; a new token lets them in again.',
      confirm: 'Drop participant',
      act: async () => {
        await api.drop(room, id);
        done(`${user} was dropped`);
      },
    });
  };
  const wanted = search.trim().toLocaleLowerCase();
  const shown = picture.participants.filter(({ user, id, role }) =>
    `${user} ${id} ${role}`.toLocaleLowerCase().includes(wanted),
  );
  const columns = columnsOf({ room, picture, open, toggle, drop });
  return (
    <Card
      title="Participants"
      count={picture.participants.length}
      actions={
        picture.participants.length > many ? (
          <Search label="Search participants" value={search} onInput={setSearch} />
        ) : undefined
      }
    >
      {shown.length === 0 ? (
        <Empty glyph="search" title={wanted === '' ? 'Nobody is inside' : `Nobody matches “${search}”`} />
      ) : (
        <Table
          label={count(shown.length, 'participant')}
          columns={columns}
          rows={shown}
          keyOf={({ id }) => id}
          detail={({ id }) => open.has(id) && <Subscriptions picture={picture} participant={id} />}
        />
      )}
      {question}
    </Card>
  );
};

const Person = ({ participant: { id, user } }: { participant: Participant }): JSX.Element => (
  <span class="person">
    <Avatar id={id} name={user} />
    <span>
      <strong title={user}>{user}</strong>
      <Id>{id}</Id>
    </span>
  </span>
);
