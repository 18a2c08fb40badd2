import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Token } from '../../../../management-api/schemas/tokens.ts';
import { Button } from '../../../app/src/ui/button.tsx';
import { roleName } from '../../../app/src/roles.ts';
import { useApi } from '../live/context.ts';
import { usePages } from '../live/pages.ts';
import { count } from '../model/format.ts';
import { linkTo } from '../model/route.ts';
import { Select } from '../ui/fields.tsx';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import {
  Card,
  Empty,
  Id,
  More,
  PageHead,
  Pill,
  Search,
  SmallButton,
  Stale,
  Time,
  Waiting,
} from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { TokenDialog } from './token-dialog.tsx';

const states = [
  ['', 'All states'],
  ['issued', 'Not used yet'],
  ['used', 'Used'],
  ['expired', 'Expired'],
  ['revoked', 'Revoked'],
] as const;

const tones = { issued: 'warn', used: 'good', expired: 'plain', revoked: 'bad' } as const;

const columns = (revoke: (token: Token) => void): Column<Token>[] => [
  { title: 'User', heads: true, grows: true, cell: ({ user }) => <strong class="cut">{user}</strong> },
  {
    title: 'Room',
    cell: ({ room }) => (
      <a class="cut" href={linkTo({ page: 'room', room })}>
        {room}
      </a>
    ),
  },
  { title: 'Role', cell: ({ role }) => <span title={role}>{roleName(role)}</span> },
  { title: 'State', cell: ({ state }) => <Pill tone={tones[state]}>{state}</Pill> },
  { title: 'Made', align: 'end', cell: ({ issuedAt }) => <Time at={issuedAt} /> },
  { title: 'Until', align: 'end', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    title: 'Used',
    align: 'end',
    cell: ({ usedAt }) => (usedAt === undefined ? <span class="muted">–</span> : <Time at={usedAt} />),
  },
  { title: 'Id', spare: true, cell: ({ id }) => <Id short>{id}</Id> },
  {
    title: 'Actions',
    acts: true,
    cell: (token) =>
      (token.state === 'issued' || token.state === 'used') && (
        <SmallButton
          glyph="trash"
          tone="danger"
          label={`Revoke token of ${token.user}`}
          onClick={() => {
            revoke(token);
          }}
        />
      ),
  },
];

interface Filter {
  room: string;
  user: string;
  state: string;
}

interface FiltersProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

const Filters = ({ filter, onChange }: FiltersProps): JSX.Element => {
  const set = (change: Partial<Filter>): void => {
    onChange({ ...filter, ...change });
  };
  return (
    <div class="filters">
      <Search
        label="Room id"
        value={filter.room}
        onInput={(room) => {
          set({ room });
        }}
      />
      <Search
        label="User"
        value={filter.user}
        onInput={(user) => {
          set({ user });
        }}
      />
      <Select
        compact
        label="State"
        name="state"
        value={filter.state}
        options={states}
        onChange={(state) => {
          set({ state });
        }}
      />
    </div>
  );
};

/** Asks, then revokes. @returns what begins it, and the dialog to place */
const useRevocation = (): [(token: Token) => void, JSX.Element | null] => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const revoke = ({ id, user, room, state }: Token): void => {
    ask({
      title: `Revoke this token of ${user}?`,
      text:
        state === 'used'
          ? `${user} joined ${room} with it, and is sent away if still there.`
          : `It lets nobody into ${room} any more.`,
      confirm: 'Revoke token',
      act: async () => {
        const { dropped } = await api.revokeToken(id);
        done(`Token of ${user} revoked${dropped > 0 ? `, ${count(dropped, 'participant')} dropped` : ''}`);
      },
    });
  };
  return [revoke, question];
};

export const TokensPage = ({ room: only }: { room: string }): JSX.Element => {
  const api = useApi();
  const [filter, setFilter] = useState<Filter>({ room: only, user: '', state: '' });
  const [dialog, setDialog] = useState<'new' | 'revoke'>();
  const [revoke, question] = useRevocation();
  const key = `tokens ${JSON.stringify(filter)}`;
  const { view, rows, more } = usePages(key, (page, signal) => api.tokens({ ...filter, ...page }, signal));
  const filtered = Object.values(filter).some((value) => value !== '');
  return (
    <>
      <PageHead
        title="Tokens"
        note="Those made by the management API. Tokens that your application signs itself are not listed."
      >
        <Button
          onClick={() => {
            setDialog('revoke');
          }}
        >
          Revoke all of…
        </Button>
        <Button
          kind="primary"
          onClick={() => {
            setDialog('new');
          }}
        >
          <Glyph name="plus" /> New token
        </Button>
      </PageHead>
      <Filters filter={filter} onChange={setFilter} />
      {rows === undefined ? (
        <Waiting view={view} />
      ) : (
        <Card>
          <Stale view={view} />
          {rows.length === 0 ? (
            <NoTokens filtered={filtered} />
          ) : (
            <Table label="Tokens" columns={columns(revoke)} rows={rows} keyOf={({ id }) => id} />
          )}
          {more !== undefined && <More onClick={more} />}
        </Card>
      )}
      {dialog === 'new' && (
        <TokenDialog
          room={filter.room}
          onClose={() => {
            setDialog(undefined);
          }}
        />
      )}
      {dialog === 'revoke' && (
        <RevokeDialog
          room={filter.room}
          user={filter.user}
          onClose={() => {
            setDialog(undefined);
          }}
        />
      )}
      {question}
    </>
  );
};

const NoTokens = ({ filtered }: { filtered: boolean }): JSX.Element => (
  <Empty glyph={filtered ? 'search' : 'tokens'} title={filtered ? 'No token matches' : 'No tokens yet'}>
    <p>{filtered ? 'Rooms and users must match exactly.' : 'A token lets one person into one room, once.'}</p>
  </Empty>
);
