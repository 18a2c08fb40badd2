import type { JSX } from 'preact';
import { roleName } from '../../../app/src/roles.ts';
import { Icon } from '../../../app/src/ui/icon.tsx';
import { useApi, useLive } from '../live/context.ts';
import { count, formatCodec, formatRate } from '../model/format.ts';
import { layersText, pictureText, sourceName, trackRows } from '../model/room-picture.ts';
import type { RoomPicture, TrackRow } from '../model/room-picture.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Empty, Id, Pill, SmallButton } from '../ui/parts.tsx';
import { Sparkline } from '../ui/plot.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { MixSwitches } from './mix-switches.tsx';
import { Loss, Score } from './track-cells.tsx';

interface StreamsProps {
  room: string;
  picture: RoomPicture;
}

const ownerName = ({ owner, stream }: TrackRow): string => owner?.user ?? stream.info.owner;

const StreamCell = ({ row }: { row: TrackRow }): JSX.Element | null =>
  row.first ? (
    <span class="stacked">
      <strong title={row.owner === undefined ? undefined : roleName(row.owner.role)}>{ownerName(row)}</strong>
      <Id>{row.stream.id}</Id>
    </span>
  ) : null;

const TrackCell = ({ row }: { row: TrackRow }): JSX.Element => (
  <span class="track">
    <Icon
      name={row.kind === 'audio' ? 'mic' : row.source === 'screen-cast' ? 'screen' : 'camera'}
      size={17}
    />
    <span>{sourceName(row.source, row.kind)}</span>
    {row.muted && <Pill tone="bad">muted</Pill>}
    {!row.muted && row.measure?.paused === true && <Pill>paused</Pill>}
  </span>
);

const RateCell = ({ row }: { row: TrackRow }): JSX.Element => {
  const { series } = useLive();
  if (row.measure === undefined) return <span class="muted">–</span>;
  return (
    <span class="rate-cell">
      <Sparkline series={series.get(`track ${row.measure.id}`)} label="Bitrate of the last five minutes" />
      <span>{formatRate(row.measure.bitrate)}</span>
    </span>
  );
};

const orNone = (text: string): JSX.Element => (text === '' ? <span class="muted">–</span> : <>{text}</>);

const MuteButton = ({ room, row }: { room: string; row: TrackRow }): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  const what = `${sourceName(row.source, row.kind).toLocaleLowerCase()} of ${ownerName(row)}`;
  const label = `${row.muted ? 'Unmute' : 'Mute'} ${what}`;
  const icon = row.kind === 'audio' ? 'mic' : 'camera';
  return (
    <button
      type="button"
      class={`small-button ${row.muted ? 'off' : ''}`}
      aria-label={label}
      title={label}
      disabled={busy}
      onClick={() =>
        void run(async () => {
          await api.mute(room, row.stream.id, row.kind, !row.muted);
          return `${row.muted ? 'Unmuted' : 'Muted'} ${what}`;
        })
      }
    >
      <Icon name={row.muted ? `${icon}-off` : icon} size={18} />
    </button>
  );
};

interface ColumnOptions extends StreamsProps {
  end: (row: TrackRow) => void;
}

const columnsOf = ({ room, picture, end }: ColumnOptions): Column<TrackRow>[] => [
  { title: 'Stream', heads: true, cell: (row) => <StreamCell row={row} /> },
  { title: 'Track', cell: (row) => <TrackCell row={row} /> },
  { title: 'Codec', cell: ({ format, measure }) => formatCodec(measure?.format ?? format) },
  {
    title: 'Picture',
    cell: (row) => <span class="whole">{orNone(row.kind === 'audio' ? '' : pictureText(row))}</span>,
  },
  { title: 'Bitrate', align: 'end', cell: (row) => <RateCell row={row} /> },
  { title: 'Loss', align: 'end', cell: ({ measure }) => <Loss measure={measure} /> },
  { title: 'Score', align: 'end', cell: ({ measure }) => <Score measure={measure} /> },
  { title: 'Layers', cell: (row) => orNone(row.kind === 'audio' ? '' : layersText(row)) },
  ...(picture.views.length === 0
    ? []
    : [
        {
          title: 'Mixed into',
          cell: (row: TrackRow) =>
            row.first ? <MixSwitches room={room} row={row} views={picture.views} /> : null,
        },
      ]),
  {
    title: 'Agent',
    spare: true,
    cell: ({ owner }) => (owner?.agent === undefined ? <span class="muted">–</span> : <Id>{owner.agent}</Id>),
  },
  {
    title: 'Actions',
    acts: true,
    cell: (row) => (
      <>
        <MuteButton room={room} row={row} />
        {row.first ? (
          <SmallButton
            glyph="stop"
            tone="danger"
            label={`End stream of ${ownerName(row)}`}
            onClick={() => {
              end(row);
            }}
          />
        ) : (
          <span class="small-button-space" />
        )}
      </>
    ),
  },
];

/** What is sent into the room, track by track. */
export const Streams = ({ room, picture }: StreamsProps): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const rows = trackRows(picture);
  const end = (row: TrackRow): void => {
    ask({
      title: `End this stream of ${ownerName(row)}?`,
      text: 'Nobody receives it any more. Its owner stays in the room and may publish again.',
      confirm: 'End stream',
      act: async () => {
        await api.endStream(room, row.stream.id);
        done(`A stream of ${ownerName(row)} was ended`);
      },
    });
  };
  return (
    <Card title="Streams" count={picture.streams.length}>
      {rows.length === 0 ? (
        <Empty glyph="overview" title="Nobody sends anything">
          <p>Streams appear here as soon as somebody turns on a microphone, camera or screen.</p>
        </Empty>
      ) : (
        <Table
          label={count(picture.streams.length, 'stream')}
          columns={columnsOf({ room, picture, end })}
          rows={rows}
          keyOf={({ key }) => key}
          rowClass={({ first }) => (first ? 'first' : 'follows')}
        />
      )}
      {question}
    </Card>
  );
};
