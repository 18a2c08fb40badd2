import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../live/context.ts';
import { formatRate, formatSize, formatSpan } from '../model/format.ts';
import { outputRows, sourcesOf, stateOf } from '../model/outputs.ts';
import type { OutputRow } from '../model/outputs.ts';
import type { RoomPicture } from '../model/room-picture.ts';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Empty, Id, Pill, SmallButton } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';
import { LiveDialog } from './live-dialog.tsx';
import { RecordDialog } from './record-dialog.tsx';

interface OutputsProps {
  room: string;
  picture: RoomPicture;
}

const WhatCell = ({ row }: { row: OutputRow }): JSX.Element => (
  <span class="output-what">
    <Glyph name={row.kind === 'recording' ? 'record' : 'live'} size={18} />
    <span class="stacked">
      <strong class="output-name">{row.names}</strong>
      {row.output.startedBy.by === 'room' && <small class="muted">by itself, as the room is set</small>}
      {row.output.startedBy.by === 'participant' && (
        <small class="muted">started by {row.output.startedBy.user}</small>
      )}
    </span>
  </span>
);

const TargetCell = ({ row }: { row: OutputRow }): JSX.Element => {
  if (row.kind === 'recording') return <Id>{row.output.storage.file}</Id>;
  const { protocol, url } = row.output;
  // Only those that are served from here carry no secret: these can be played.
  const isServed = /^https?:/u.test(url) && !url.includes('***');
  return (
    <span class="stacked">
      <span>{protocol.toLocaleUpperCase()}</span>
      {isServed ? (
        <a href={url} target="_blank" rel="noreferrer" title={url}>
          {url}
        </a>
      ) : (
        url !== '' && <Id>{url}</Id>
      )}
    </span>
  );
};

const StateCell = ({ row }: { row: OutputRow }): JSX.Element => {
  const [word, tone] = stateOf(row);
  return <Pill tone={tone}>{word}</Pill>;
};

const isOver = ({ output: { status } }: OutputRow): boolean =>
  status === 'finalising' || status === 'ended' || status === 'failed';

const PauseButton = ({ room, row }: { room: string; row: OutputRow }): JSX.Element => {
  const { outputs } = useApi();
  const { busy, run } = useAction();
  const label = `${row.paused ? 'Go on with' : 'Pause'} ${wordOf(row)} of ${row.names}`;
  return (
    <SmallButton
      glyph={row.paused ? 'play' : 'pause'}
      label={label}
      disabled={busy || isOver(row)}
      onClick={() =>
        void run(async () => {
          await outputs.setPaused(room, row.noun, row.output, !row.paused);
          return row.paused ? 'It goes on' : 'Paused: silence, and the last picture';
        })
      }
    />
  );
};

const wordOf = ({ kind }: OutputRow): string => (kind === 'recording' ? 'recording' : 'live stream');

interface ColumnOptions {
  room: string;
  stop: (row: OutputRow) => void;
}

const columnsOf = ({ room, stop }: ColumnOptions): Column<OutputRow>[] => [
  { title: 'What', heads: true, cell: (row) => <WhatCell row={row} /> },
  { title: 'State', cell: (row) => <StateCell row={row} /> },
  { title: 'Where', grows: true, cell: (row) => <TargetCell row={row} /> },
  {
    title: 'For',
    align: 'end',
    cell: ({ output }) => (
      <span title="Since it was asked for">{formatSpan(Date.now() - output.startedAt)}</span>
    ),
  },
  { title: 'Size', align: 'end', cell: ({ output }) => formatSize(output.bytes) },
  { title: 'Bitrate', align: 'end', cell: ({ output }) => formatRate(output.bitrate) },
  {
    title: 'Left out',
    align: 'end',
    spare: true,
    cell: ({ output }) => <span title="Pictures that were left out or never came">{output.dropped}</span>,
  },
  {
    title: 'Agent',
    spare: true,
    cell: ({ output: { agent } }) =>
      agent === undefined ? <span class="muted">looked for</span> : <Id>{agent}</Id>,
  },
  {
    title: 'Actions',
    acts: true,
    cell: (row) => (
      <>
        <PauseButton room={room} row={row} />
        <SmallButton
          glyph="stop"
          tone="danger"
          label={`Stop ${wordOf(row)} of ${row.names}`}
          disabled={isOver(row)}
          onClick={() => {
            stop(row);
          }}
        />
      </>
    ),
  },
];

/** Why it does not go, in the words of the far end. */
const problemOf = ({ output: { error, reconnects } }: OutputRow): JSX.Element | undefined =>
  error === undefined ? undefined : (
    <p class="output-problem">
      {error.message}
      {reconnects > 0 && <span class="muted"> · connected again {reconnects} times</span>}
    </p>
  );

/** Buttons that begin a recording or a live stream, and their dialogs. */
export const StartOutputs = ({ room, picture }: OutputsProps): JSX.Element => {
  const [dialog, setDialog] = useState<'record' | 'live'>();
  const close = (): void => {
    setDialog(undefined);
  };
  const sources = sourcesOf(room, picture);
  const nothing = sources.audio.length + sources.video.length === 0;
  const button = (name: 'record' | 'live', label: string): ComponentChildren => (
    <SmallButton
      glyph={name}
      label={label}
      wide
      disabled={nothing}
      onClick={() => {
        setDialog(name);
      }}
    />
  );
  return (
    <div class="view-buttons">
      {button('record', 'Record')}
      {button('live', 'Go live')}
      {dialog === 'record' && <RecordDialog room={room} sources={sources} onClose={close} />}
      {dialog === 'live' && <LiveDialog room={room} sources={sources} onClose={close} />}
    </div>
  );
};

/** What is recorded and sent elsewhere right now. */
export const Outputs = ({ room, picture }: OutputsProps): JSX.Element => {
  const { outputs } = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const rows = outputRows(room, picture);
  const stop = (row: OutputRow): void => {
    const word = wordOf(row);
    ask({
      title: `Stop this ${word}?`,
      text:
        row.kind === 'recording'
          ? `The recording of ${row.names} ends here; its file is kept.`
          : `The live stream of ${row.names} ends for everybody who watches it.`,
      confirm: `Stop ${word}`,
      act: async () => {
        await outputs.stop(room, row.noun, row.output.id);
        done(`The ${word} of ${row.names} has ended`);
      },
    });
  };
  return (
    <Card
      title="Recordings and live streams"
      count={rows.length}
      actions={<StartOutputs room={room} picture={picture} />}
    >
      {rows.length === 0 ? (
        <Empty glyph="record" title="Nothing is recorded or sent elsewhere" />
      ) : (
        <Table
          label="Recordings and live streams"
          columns={columnsOf({ room, stop })}
          rows={rows}
          keyOf={({ output }) => output.id}
          detail={problemOf}
        />
      )}
      {question}
    </Card>
  );
};
