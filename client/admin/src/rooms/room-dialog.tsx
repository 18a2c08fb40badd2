import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, sentence } from '../api/failure.ts';
import { useApi } from '../live/context.ts';
import { formOf, updateOf } from '../model/room-form.ts';
import type { RoomForm } from '../model/room-form.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { useAction } from '../ui/notices.tsx';
import { Check, TextField } from '../ui/fields.tsx';
import { AutoRecordField } from './auto-record-field.tsx';
import { RolesField } from './roles-field.tsx';
import { ViewsField } from './views-field.tsx';

interface RoomDialogProps {
  /** Id of the room to change; absent: a new one. */
  edit?: string;
  onClose: () => void;
  onSaved: (room: string) => void;
}

/** Makes a room, or changes one. */
export const RoomDialog = ({ edit, ...props }: RoomDialogProps): JSX.Element =>
  edit === undefined ? <NewRoom {...props} /> : <EditRoom room={edit} {...props} />;

type Props = Omit<RoomDialogProps, 'edit'>;

const NewRoom = ({ onClose, onSaved }: Props): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [name, setName] = useState('');
  const [id, setId] = useState('');
  const [limit, setLimit] = useState('');
  const create = async (): Promise<void> => {
    if (name.trim() === '') throw new Error('The room needs a name.');
    const text = limit.trim();
    if (!/^\d{0,6}$/u.test(text))
      throw new Error('The participant limit must be a whole number, or empty for no limit.');
    const room = await api.createRoom({
      name: name.trim(),
      ...(id.trim() === '' ? {} : { id: id.trim() }),
      ...(text === '' ? {} : { options: { participantLimit: Number(text) } }),
    });
    done(`Room ${room.name} made`);
    onSaved(room._id);
  };
  return (
    <Dialog title="New room" onClose={onClose}>
      <DialogForm submit="Create room" onSubmit={create} onCancel={onClose}>
        <TextField label="Name" name="name" value={name} onInput={setName} />
        <TextField
          label="Id"
          name="id"
          value={id}
          onInput={setId}
          placeholder="made up when empty"
          hint="Letters, digits, - and _. It stands in links and tokens and cannot be changed later."
        />
        <TextField
          label="Participant limit"
          name="participantLimit"
          value={limit}
          onInput={setLimit}
          placeholder="no limit"
          numeric
        />
        <p class="hint">It has the usual roles; they and everything else can be changed afterwards.</p>
      </DialogForm>
    </Dialog>
  );
};

const conflict =
  'Somebody else has changed this room since you opened it. Close this and open it again: you will see the new settings.';

const EditRoom = ({ room, onClose, onSaved }: Props & { room: string }): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [form, setForm] = useState<RoomForm>();
  const [etag, setEtag] = useState<string>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    api.room(room).then(
      (found) => {
        setForm(formOf(found.room));
        setEtag(found.etag);
      },
      (error: unknown) => {
        setProblem(sentence(error));
      },
    );
  }, [api, room]);
  const save = async (changed: RoomForm): Promise<void> => {
    try {
      const applied = await api.updateRoom(room, updateOf(changed), etag);
      const when = applied === 'at-next-start' ? ': in effect when it starts next' : '';
      done(`Room ${changed.name.trim()} saved${when}`);
      onSaved(room);
    } catch (error) {
      throw error instanceof Failure && error.status === 412 ? new Error(conflict) : error;
    }
  };
  return (
    <Dialog title={`Settings of ${room}`} size="wide" onClose={onClose}>
      {problem !== '' && <p class="form-error">{problem}</p>}
      {form !== undefined && (
        <DialogForm submit="Save" onSubmit={() => save(form)} onCancel={onClose}>
          <RoomFields form={form} onChange={setForm} />
        </DialogForm>
      )}
    </Dialog>
  );
};

interface FieldsProps {
  form: RoomForm;
  onChange: (form: RoomForm) => void;
}

const RoomFields = ({ form, onChange }: FieldsProps): JSX.Element => {
  const set = (change: Partial<RoomForm>): void => {
    onChange({ ...form, ...change });
  };
  return (
    <>
      <TextField
        label="Name"
        name="name"
        value={form.name}
        onInput={(name) => {
          set({ name });
        }}
      />
      <div class="field-pair">
        <TextField
          label="Participant limit"
          name="participantLimit"
          value={form.participantLimit}
          onInput={(participantLimit) => {
            set({ participantLimit });
          }}
          placeholder="no limit"
          numeric
        />
        <TextField
          label="Input limit (streams)"
          name="inputLimit"
          value={form.inputLimit}
          onInput={(inputLimit) => {
            set({ inputLimit });
          }}
          placeholder="no limit"
          numeric
        />
      </div>
      <RolesField
        roles={form.roles}
        onChange={(roles) => {
          set({ roles });
        }}
      />
      <ViewsField
        views={form.views}
        onChange={(views) => {
          set({ views });
        }}
      />
      {form.views.length > 0 && (
        <Check
          label="Mix what is published into every view at once"
          checked={form.autoMix}
          onChange={(autoMix) => {
            set({ autoMix });
          }}
        />
      )}
      {form.views.length > 0 && (
        <AutoRecordField
          value={form.autoRecord}
          views={form.views.map(({ label }) => label.trim()).filter((label) => label !== '')}
          onChange={(autoRecord) => {
            set({ autoRecord });
          }}
        />
      )}
      <fieldset class="checks">
        <legend>Participants are told of</legend>
        <Check
          label="who joins and leaves"
          checked={form.participantActivities}
          onChange={(participantActivities) => {
            set({ participantActivities });
          }}
        />
        <Check
          label="changes of streams"
          checked={form.streamChange}
          onChange={(streamChange) => {
            set({ streamChange });
          }}
        />
      </fieldset>
    </>
  );
};
