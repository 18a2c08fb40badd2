import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { NewRecording } from '../api/outputs.ts';
import { useApi } from '../live/context.ts';
import { proposed } from '../model/outputs.ts';
import type { Sources } from '../model/outputs.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { Select } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';
import { SourceFields, takenOf } from './source-fields.tsx';

type Container = NewRecording['container'];

const containers: readonly (readonly [Container, string])[] = [
  ['auto', 'As fits the codecs (MP4 or Matroska)'],
  ['mp4', 'MP4'],
  ['mkv', 'Matroska (.mkv)'],
  ['webm', 'WebM'],
  ['ts', 'MPEG transport stream (.ts)'],
];

interface StartDialogProps {
  room: string;
  sources: Sources;
  onClose: () => void;
}

/** Begins a recording. */
export const RecordDialog = ({ room, sources, onClose }: StartDialogProps): JSX.Element => {
  const { outputs } = useApi();
  const { done } = useAction();
  const [chosen, setChosen] = useState(proposed(sources));
  const [container, setContainer] = useState<Container>('auto');
  const start = async (): Promise<void> => {
    await outputs.record(room, { container, media: takenOf(chosen) });
    done(`${room} is being recorded`);
    onClose();
  };
  return (
    <Dialog title={`Record ${room}`} onClose={onClose}>
      <DialogForm submit="Start recording" onSubmit={start} onCancel={onClose}>
        <SourceFields sources={sources} chosen={chosen} onChange={setChosen} />
        <Select
          label="File"
          name="container"
          value={container}
          options={containers}
          onChange={(value) => {
            setContainer(containers.find(([name]) => name === value)?.[0] ?? 'auto');
          }}
        />
        <p class="hint">Everybody in the room is told that it is recorded.</p>
      </DialogForm>
    </Dialog>
  );
};
