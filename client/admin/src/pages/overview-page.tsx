import type { JSX } from 'preact';
import type { Node, RunningRoom } from '../../../../management-api/schemas/cluster.ts';
import { Failure } from '../api/failure.ts';
import { useCluster, useLive, useView } from '../live/context.ts';
import type { Live } from '../live/live.ts';
import { count, formatRate, formatShare, formatSpan } from '../model/format.ts';
import { addRates, ratesOf } from '../model/measures.ts';
import type { Rates } from '../model/measures.ts';
import { linkTo } from '../model/route.ts';
import { Card, Dot, Empty, Id, PageHead, Pill, Waiting } from '../ui/parts.tsx';
import { Plot, Sparkline } from '../ui/plot.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';

/** Rooms whose media is measured in one look: each costs a request. */
const measuredRooms = 12;

const noRates: Rates = { incoming: 0, outgoing: 0 };

/** Of a room that has just ended there is nothing to measure. */
const measureRoom = async (live: Live, { room }: RunningRoom, signal: AbortSignal): Promise<Rates> => {
  try {
    return ratesOf(await live.api.measures(room, signal));
  } catch (error) {
    if (error instanceof Failure && !error.lost && error.status !== 401) return noRates;
    throw error;
  }
};

const measure = async (live: Live, signal: AbortSignal): Promise<Rates> => {
  const rooms = [...(live.cluster?.rooms ?? [])].sort((one, other) => other.streams - one.streams);
  const rates: Rates[] = [];
  for (const room of rooms.slice(0, measuredRooms)) rates.push(await measureRoom(live, room, signal));
  const total = addRates(rates);
  const now = Date.now();
  live.series.push('incoming', total.incoming, now);
  live.series.push('outgoing', total.outgoing, now);
  return total;
};

export const OverviewPage = (): JSX.Element => {
  const cluster = useCluster();
  const view = useView('overview', measure);
  if (cluster === undefined) return <Waiting view={view} />;
  const sum = (key: 'participants' | 'streams' | 'subscriptions' | 'recordings' | 'live'): number =>
    cluster.rooms.reduce((total, room) => total + (room[key] ?? 0), 0);
  const [recordings, live] = [sum('recordings'), sum('live')];
  return (
    <>
      <PageHead title="Overview" />
      <dl class="figures">
        <Figure name={cluster.rooms.length === 1 ? 'room runs' : 'rooms run'} value={cluster.rooms.length} />
        <Figure name="participants" value={sum('participants')} />
        <Figure name="streams" value={sum('streams')} />
        <Figure name="subscriptions" value={sum('subscriptions')} />
        <Figure name={recordings === 1 ? 'recording' : 'recordings'} value={recordings} />
        <Figure name={live === 1 ? 'live stream' : 'live streams'} value={live} />
        {cluster.nodes !== undefined && <Figure name="processes" value={cluster.nodes.length} />}
      </dl>
      <Media rates={view.data} rooms={cluster.rooms.length} />
      <Rooms rooms={cluster.rooms} />
      {cluster.nodes !== undefined && <Nodes nodes={cluster.nodes} />}
    </>
  );
};

const Figure = ({ name, value }: { name: string; value: number }): JSX.Element => (
  <div>
    <dd>{value.toLocaleString()}</dd>
    <dt>{name}</dt>
  </div>
);

const Media = ({ rates, rooms }: { rates: Rates | undefined; rooms: number }): JSX.Element => {
  const { series } = useLive();
  const [incoming, outgoing] = [series.get('incoming'), series.get('outgoing')];
  return (
    <Card
      title="Media"
      actions={
        <p class="legend">
          <span class="stone">
            In <b>{rates === undefined ? '–' : formatRate(rates.incoming)}</b>
          </span>
          <span class="accent">
            Out <b>{rates === undefined ? '–' : formatRate(rates.outgoing)}</b>
          </span>
        </p>
      }
    >
      <Plot
        label="Bitrate of all media into and out of the server in the last five minutes"
        least={1_000}
        format={formatRate}
        curves={[
          { name: 'out', series: outgoing, tone: 'accent' },
          { name: 'in', series: incoming, tone: 'stone' },
        ]}
      />
      {rooms > measuredRooms && <p class="hint">Of the {measuredRooms} rooms with the most streams.</p>}
    </Card>
  );
};

const roomColumns: Column<RunningRoom>[] = [
  {
    title: 'Room',
    heads: true,
    grows: true,
    cell: ({ room, recordings = 0, live = 0 }) => (
      <span class="marked">
        <a class="row-link" href={linkTo({ page: 'room', room })}>
          <Dot tone="good" /> {room}
        </a>
        {recordings > 0 && <Pill tone="bad">recording</Pill>}
        {live > 0 && <Pill tone="good">live</Pill>}
      </span>
    ),
  },
  { title: 'Participants', align: 'end', cell: ({ participants }) => participants },
  { title: 'Streams', align: 'end', cell: ({ streams }) => streams },
  { title: 'Subscriptions', align: 'end', cell: ({ subscriptions }) => subscriptions },
  { title: 'Runs for', align: 'end', cell: ({ since }) => formatSpan(Date.now() - since) },
  { title: 'Owner', cell: ({ owner }) => <Id>{owner}</Id> },
];

const Rooms = ({ rooms }: { rooms: RunningRoom[] }): JSX.Element => (
  <Card title="Running rooms" count={rooms.length}>
    {rooms.length === 0 ? (
      <Empty glyph="rooms" title="No room runs right now">
        <p>
          A room begins when somebody joins it. <a href={linkTo({ page: 'tokens' })}>Make a token</a> to let
          somebody in.
        </p>
      </Empty>
    ) : (
      <Table label="Running rooms" columns={roomColumns} rows={rooms} keyOf={({ room }) => room} />
    )}
  </Card>
);

const roleNames: Record<Node['role'], string> = {
  portal: 'Portal',
  conference: 'Conference agent',
  access: 'Access agent',
  mixer: 'Mixer agent',
  api: 'Management API',
};

const Load = ({ node }: { node: Node }): JSX.Element => {
  const { series } = useLive();
  return (
    <span class={`load ${node.load >= 0.85 ? 'bad' : node.load >= 0.6 ? 'warn' : ''}`}>
      <Sparkline series={series.get(`load ${node.id}`)} max={1} label="Load of the last five minutes" />
      <span>{formatShare(Math.min(1, node.load)).replace(/\.\d/u, '')}</span>
    </span>
  );
};

const nodeColumns: Column<Node>[] = [
  { title: 'Process', heads: true, cell: ({ role }) => <strong>{roleNames[role]}</strong> },
  { title: 'Id', cell: ({ id }) => <Id>{id}</Id> },
  {
    title: 'State',
    cell: ({ draining }) =>
      draining ? <Pill tone="warn">draining</Pill> : <Pill tone="good">in service</Pill>,
  },
  { title: 'Load', align: 'end', cell: (node) => <Load node={node} /> },
  { title: 'Runs for', align: 'end', cell: ({ startedAt }) => formatSpan(Date.now() - startedAt) },
  {
    title: 'Address',
    grows: true,
    cell: ({ url }) => (url === undefined ? <span class="muted">–</span> : <Id>{url}</Id>),
  },
];

const Nodes = ({ nodes }: { nodes: Node[] }): JSX.Element => {
  const draining = nodes.filter((node) => node.draining).length;
  return (
    <Card
      title="Processes"
      count={nodes.length}
      actions={
        draining > 0 ? <Pill tone="warn">{count(draining, 'process', 'processes')} draining</Pill> : undefined
      }
    >
      <Table label="Processes" columns={nodeColumns} rows={nodes} keyOf={({ id }) => id} />
    </Card>
  );
};
