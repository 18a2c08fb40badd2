import type { JSX } from 'preact';
import type { EndedRecording } from '../../../../management-api/schemas/recordings.ts';
import { formatLength, formatSize } from '../model/format.ts';
import { reasonOf } from '../model/outputs.ts';
import { Card, Id, Pill, Time } from '../ui/parts.tsx';
import { Table } from '../ui/table.tsx';
import type { Column } from '../ui/table.tsx';

const Files = ({ files }: Pick<EndedRecording, 'files'>): JSX.Element => (
  <ul class="output-files">
    {files.map((file) => (
      <li key={file.name}>
        <Id>{file.name}</Id>
        <small class="muted">
          {formatSize(file.bytes)}
          {file.uploaded === undefined ? ` at ${file.agents.join(', ')}` : `, uploaded to ${file.uploaded}`}
        </small>
      </li>
    ))}
  </ul>
);

const Reason = ({ recording }: { recording: EndedRecording }): JSX.Element => {
  const [word, tone] = reasonOf(recording);
  return tone === 'plain' ? <>{word}</> : <Pill tone={tone}>{word}</Pill>;
};

const columns: Column<EndedRecording>[] = [
  { title: 'Began', heads: true, cell: ({ startedAt }) => <Time at={startedAt} /> },
  { title: 'Length', align: 'end', cell: ({ durationMs }) => formatLength(durationMs) },
  { title: 'Size', align: 'end', cell: ({ bytes }) => formatSize(bytes) },
  { title: 'Ended because', cell: (recording) => <Reason recording={recording} /> },
  { title: 'Files', grows: true, cell: ({ files }) => <Files files={files} /> },
];

/** Recordings that are over; nothing while there are none. */
export const EndedRecordings = ({ ended }: { ended: EndedRecording[] }): JSX.Element | null =>
  ended.length === 0 ? null : (
    <Card title="Finished recordings" count={ended.length}>
      <Table label="Finished recordings" columns={columns} rows={ended} keyOf={({ id }) => id} />
    </Card>
  );
