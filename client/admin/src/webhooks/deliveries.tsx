import type { JSX } from 'preact';
import type { Delivery, Webhook } from '../../../../management-api/schemas/webhooks.ts';
import { useApi } from '../live/context.ts';
import { linkTo } from '../model/route.ts';
import { Select } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Empty, Pill, SmallButton, Time } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import type { DeliveryFilter } from './webhooks-page.tsx';

const filters = [
  ['dead', 'Given up (dead letters)'],
  ['waiting', 'Waiting'],
  ['delivered', 'Delivered'],
  ['', 'All'],
] as const;

const tones = { dead: 'bad', waiting: 'warn', delivered: 'good' } as const;

const nothing: Record<DeliveryFilter, string> = {
  dead: 'Nothing was given up',
  waiting: 'Nothing waits',
  delivered: 'Nothing was delivered yet',
  '': 'No deliveries yet',
};

const Retry = ({ delivery: { id, state } }: { delivery: Delivery }): JSX.Element | null => {
  const api = useApi();
  const { busy, run } = useAction();
  if (state !== 'dead') return null;
  return (
    <SmallButton
      glyph="retry"
      label="Try again"
      wide
      disabled={busy}
      onClick={() =>
        void run(async () => {
          await api.webhooks.retry(id);
          return 'It is tried again';
        })
      }
    />
  );
};

const columnsOf = (webhooks: Webhook[]): Column<Delivery>[] => {
  const urls = new Map(webhooks.map(({ id, url }) => [id, url]));
  return [
    { title: 'Event', heads: true, cell: ({ type }) => <code>{type}</code> },
    {
      title: 'Room',
      cell: ({ room }) => (
        <a class="cut" href={linkTo({ page: 'room', room })}>
          {room}
        </a>
      ),
    },
    {
      title: 'State',
      cell: (row) => <Pill tone={tones[row.state]}>{row.state === 'dead' ? 'given up' : row.state}</Pill>,
    },
    { title: 'Attempts', align: 'end', cell: ({ attempts }) => attempts },
    { title: 'Happened', align: 'end', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      title: 'Webhook',
      spare: true,
      cell: ({ webhook }) => <span class="cut">{urls.get(webhook) ?? webhook}</span>,
    },
    {
      title: 'Last failure',
      grows: true,
      cell: ({ lastError }) =>
        lastError === undefined ? <span class="muted">–</span> : <span class="failure">{lastError}</span>,
    },
    { title: 'Actions', acts: true, cell: (delivery) => <Retry delivery={delivery} /> },
  ];
};

interface DeliveriesProps {
  state: DeliveryFilter;
  onState: (state: DeliveryFilter) => void;
  webhooks: Webhook[];
  /** Undefined: not known yet. */
  deliveries: Delivery[] | undefined;
}

/** Events on their way, and those that did not get there. */
export const Deliveries = ({ state, onState, webhooks, deliveries }: DeliveriesProps): JSX.Element => {
  return (
    <Card
      title="Deliveries"
      actions={
        <Select
          compact
          label="State of deliveries"
          name="state"
          value={state}
          options={filters}
          onChange={(value) => {
            onState(value as DeliveryFilter);
          }}
        />
      }
    >
      {deliveries === undefined ? (
        <p class="waiting" aria-busy="true">
          <span class="spinner" aria-hidden="true" /> Loading…
        </p>
      ) : deliveries.length === 0 ? (
        <Empty glyph="webhooks" title={nothing[state]} />
      ) : (
        <Table
          label="Deliveries"
          columns={columnsOf(webhooks)}
          rows={deliveries}
          keyOf={({ id }) => String(id)}
        />
      )}
    </Card>
  );
};
