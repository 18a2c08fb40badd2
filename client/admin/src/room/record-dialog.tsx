import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { NewRecording } from '../api/outputs.ts';
import { useApi } from '../live/context.ts';
import { proposed } from '../model/outputs.ts';
import type { Sources } from '../model/outputs.ts';
import { ContainerSelect } from '../ui/container-select.tsx';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { useAction } from '../ui/notices.tsx';
import { SourceFields, takenOf } from './source-fields.tsx';

type Container = NewRecording['container'];

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
        <ContainerSelect value={container} onChange={setContainer} />
        <p class="hint">Everybody in the room is told that it is recorded.</p>
      </DialogForm>
    </Dialog>
  );
};
