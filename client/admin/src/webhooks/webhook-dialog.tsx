import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RoomEvent } from '../../../../common/contract/management.ts';
import { useApi } from '../live/context.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { Check, TextField } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';

const events: Record<RoomEvent['type'], string> = {
  room_started: 'A room started',
  room_ended: 'A room ended',
  participant_joined: 'Somebody joined',
  participant_left: 'Somebody left',
  stream_added: 'A stream began',
  stream_removed: 'A stream ended',
  mix_started: 'A mix began',
  mix_stopped: 'A mix ended',
  layout_changed: 'A layout changed',
  recording_started: 'A recording began',
  recording_ended: 'A recording ended',
  recording_ready: 'Files of a recording are ready',
  live_started: 'A live stream began',
  live_changed: 'A live stream changed',
  live_ended: 'A live stream ended',
};
const all = Object.keys(events) as RoomEvent['type'][];

export const WebhookDialog = ({ onClose }: { onClose: () => void }): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [url, setUrl] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<RoomEvent['type']>>(new Set(all));
  const choose = (event: RoomEvent['type'], wanted: boolean): void => {
    const next = new Set(chosen);
    if (wanted) next.add(event);
    else next.delete(event);
    setChosen(next);
  };
  const create = async (): Promise<void> => {
    if (chosen.size === 0) throw new Error('Choose at least one kind of event.');
    // None means all, also those that there will be one day.
    const wanted = chosen.size === all.length ? [] : all.filter((event) => chosen.has(event));
    await api.webhooks.create({ url: url.trim(), events: wanted });
    done('Webhook made');
    onClose();
  };
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <DialogForm submit="Create webhook" onSubmit={create} onCancel={onClose}>
        <TextField
          label="URL"
          name="url"
          value={url}
          onInput={setUrl}
          placeholder="https://example.org/portico"
          hint="Events are posted there as JSON, signed with the key of the service."
        />
        <fieldset class="checks">
          <legend>Events</legend>
          {all.map((event) => (
            <Check
              key={event}
              label={events[event]}
              checked={chosen.has(event)}
              onChange={(wanted) => {
                choose(event, wanted);
              }}
            />
          ))}
        </fieldset>
      </DialogForm>
    </Dialog>
  );
};
