import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Webhook } from '../../../../management-api/schemas/webhooks.ts';
import { Button } from '../../../app/src/ui/button.tsx';
import { useApi, useView } from '../live/context.ts';
import type { Live } from '../live/live.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Empty, PageHead, SmallButton, Stale, Time, Waiting } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { Deliveries } from './deliveries.tsx';
import { WebhookDialog } from './webhook-dialog.tsx';

export type DeliveryFilter = '' | 'dead' | 'waiting' | 'delivered';

/** Of each state the newest; a look asks for no more. */
const newest = 100;

const look = async ({ api }: Live, state: DeliveryFilter, signal: AbortSignal) => ({
  webhooks: await api.webhooks.list(signal),
  state,
  deliveries: (await api.webhooks.deliveries({ state, limit: newest }, signal)).items,
});

export const WebhooksPage = (): JSX.Element => {
  const [state, setState] = useState<DeliveryFilter>('dead');
  const [isNew, setNew] = useState(false);
  const view = useView('webhooks', (live, signal) => look(live, state, signal));
  return (
    <>
      <PageHead
        title="Webhooks"
        note="Addresses of your application that are told what happens in its rooms."
      >
        <Button
          kind="primary"
          onClick={() => {
            setNew(true);
          }}
        >
          <Glyph name="plus" /> New webhook
        </Button>
      </PageHead>
      {view.data === undefined ? (
        <Waiting view={view} />
      ) : (
        <>
          <Stale view={view} />
          <Hooks webhooks={view.data.webhooks} />
          <Deliveries
            state={state}
            onState={setState}
            webhooks={view.data.webhooks}
            deliveries={view.data.state === state ? view.data.deliveries : undefined}
          />
        </>
      )}
      {isNew && (
        <WebhookDialog
          onClose={() => {
            setNew(false);
          }}
        />
      )}
    </>
  );
};

const Enabled = ({ webhook: { id, url, enabled } }: { webhook: Webhook }): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  return (
    <button
      type="button"
      role="switch"
      class="slider"
      aria-checked={enabled}
      aria-label={`${url} enabled`}
      title={enabled ? 'Enabled' : 'Disabled: what waits for it is given up'}
      disabled={busy}
      onClick={() =>
        void run(async () => {
          await api.webhooks.change(id, { enabled: !enabled });
          return enabled ? 'Webhook disabled' : 'Webhook enabled';
        })
      }
    />
  );
};

const TestButton = ({ webhook: { id, url } }: { webhook: Webhook }): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  return (
    <Button
      kind="link"
      busy={busy}
      onClick={() =>
        void run(async () => {
          const { delivered, status, error, durationMs } = await api.webhooks.test(id);
          const answer = status === undefined ? '' : ` (HTTP ${String(status)})`;
          if (!delivered)
            throw new Error(`${url} did not take the test event${answer}: ${error ?? 'no reason given'}`);
          return `Test event delivered in ${String(Math.round(durationMs))} ms${answer}`;
        })
      }
    >
      Send test
    </Button>
  );
};

const Events = ({ webhook: { events } }: { webhook: Webhook }): JSX.Element =>
  events.length === 0 ? (
    <span class="muted">all events</span>
  ) : (
    <span class="events">
      {events.map((event) => (
        <code key={event}>{event}</code>
      ))}
    </span>
  );

const columnsOf = (drop: (webhook: Webhook) => void): Column<Webhook>[] => [
  { title: 'URL', heads: true, grows: true, cell: ({ url }) => <span class="url">{url}</span> },
  { title: 'Events', cell: (webhook) => <Events webhook={webhook} /> },
  { title: 'Enabled', cell: (webhook) => <Enabled webhook={webhook} /> },
  { title: 'Made', align: 'end', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    title: 'Actions',
    acts: true,
    cell: (webhook) => (
      <>
        <TestButton webhook={webhook} />
        <SmallButton
          glyph="trash"
          tone="danger"
          label={`Delete ${webhook.url}`}
          onClick={() => {
            drop(webhook);
          }}
        />
      </>
    ),
  },
];

const Hooks = ({ webhooks }: { webhooks: Webhook[] }): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const drop = ({ id, url }: Webhook): void => {
    ask({
      title: 'Delete this webhook?',
      text: `${url} is told nothing any more, and what waits for it is gone.`,
      confirm: 'Delete webhook',
      act: async () => {
        await api.webhooks.delete(id);
        done('Webhook deleted');
      },
    });
  };
  return (
    <Card title="Webhooks" count={webhooks.length}>
      {webhooks.length === 0 ? (
        <Empty glyph="webhooks" title="No webhooks yet">
          <p>A webhook is told, in order, who joins and leaves and which streams begin and end.</p>
        </Empty>
      ) : (
        <Table label="Webhooks" columns={columnsOf(drop)} rows={webhooks} keyOf={({ id }) => id} />
      )}
      {question}
    </Card>
  );
};
