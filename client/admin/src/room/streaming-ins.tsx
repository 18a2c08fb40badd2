import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StreamingIn11 } from '../../../../management-api/schemas/streaming-ins.ts';
import { useApi } from '../live/context.ts';
import { formatCodec, formatRate } from '../model/format.ts';
import { fetchState } from '../model/outputs.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Id, Pill, SmallButton } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { FetchDialog } from './fetch-dialog.tsx';

const nameOf = ({ id, stream }: StreamingIn11): string => {
  const name = stream?.type === 'forward' ? stream.info.attributes['name'] : undefined;
  return typeof name === 'string' && name !== '' ? name : id;
};

const TracksCell = ({ row: { stream, transcoded } }: { row: StreamingIn11 }): JSX.Element => {
  if (stream === null) return <span class="muted">none yet</span>;
  const { audio, video } = stream.media;
  const words = [
    ...(video === false
      ? []
      : [`${formatCodec(video.original[0]?.format)}${transcoded.video ? ' (anew)' : ''}`]),
    ...(audio === false ? [] : [`${formatCodec(audio.format)}${transcoded.audio ? ' (anew)' : ''}`]),
  ];
  const title = transcoded.audio || transcoded.video ? 'anew: encoded again for the room' : undefined;
  return <span title={title}>{words.join(' · ')}</span>;
};

const StateCell = ({ row }: { row: StreamingIn11 }): JSX.Element => {
  const [word, tone] = fetchState(row);
  return <Pill tone={tone}>{word}</Pill>;
};

const columnsOf = (end: (row: StreamingIn11) => void): Column<StreamingIn11>[] => [
  {
    title: 'Stream',
    heads: true,
    cell: (row) => (
      <span class="stacked">
        <strong>{nameOf(row)}</strong>
        {nameOf(row) !== row.id && <Id short>{row.id}</Id>}
      </span>
    ),
  },
  { title: 'State', cell: (row) => <StateCell row={row} /> },
  { title: 'From', grows: true, cell: ({ url }) => <Id>{url}</Id> },
  { title: 'Tracks', cell: (row) => <TracksCell row={row} /> },
  { title: 'Bitrate', align: 'end', cell: ({ bitrate }) => formatRate(bitrate) },
  {
    title: 'Agent',
    spare: true,
    cell: ({ agent }) => (agent === undefined ? <span class="muted">looked for</span> : <Id>{agent}</Id>),
  },
  {
    title: 'Actions',
    acts: true,
    cell: (row) => (
      <SmallButton
        glyph="stop"
        tone="danger"
        label={`End the stream ${nameOf(row)}`}
        onClick={() => {
          end(row);
        }}
      />
    ),
  },
];

/** Begins to fetch a stream. */
export const FetchButton = ({ room }: { room: string }): JSX.Element => {
  const [open, setOpen] = useState(false);
  return (
    <div class="view-buttons">
      <SmallButton
        glyph="plus"
        label="Fetch a stream"
        wide
        onClick={() => {
          setOpen(true);
        }}
      />
      {open && (
        <FetchDialog
          room={room}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </div>
  );
};

/** What is fetched from elsewhere into the room. */
export const StreamingIns = ({ room, all }: { room: string; all: StreamingIn11[] }): JSX.Element => {
  const { outputs } = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const end = (row: StreamingIn11): void => {
    ask({
      title: `End the stream ${nameOf(row)}?`,
      text: 'It is not fetched any more, and nobody receives it.',
      confirm: 'End stream',
      act: async () => {
        await outputs.stop(room, 'streaming-ins', row.id);
        done(`${nameOf(row)} was ended`);
      },
    });
  };
  return (
    <Card title="Streams from elsewhere" count={all.length} actions={<FetchButton room={room} />}>
      {all.length > 0 && (
        <Table
          label="Streams from elsewhere"
          columns={columnsOf(end)}
          rows={all}
          keyOf={({ id }) => id}
          detail={({ error }) =>
            error === undefined ? undefined : <p class="output-problem">{error.message}</p>
          }
        />
      )}
      {question}
    </Card>
  );
};
