import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../live/context.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { Check, TextField } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';

interface FetchForm {
  url: string;
  name: string;
  audio: boolean;
  video: boolean;
  udp: boolean;
  loop: boolean;
}

const empty: FetchForm = { url: '', name: '', audio: true, video: true, udp: false, loop: false };

/** Fetches a stream from a URL into the room. */
export const FetchDialog = ({ room, onClose }: { room: string; onClose: () => void }): JSX.Element => {
  const { outputs } = useApi();
  const { done } = useAction();
  const [form, setForm] = useState(empty);
  const set = (change: Partial<FetchForm>): void => {
    setForm({ ...form, ...change });
  };
  const start = async (): Promise<void> => {
    const [url, name] = [form.url.trim(), form.name.trim()];
    if (url === '') throw new Error('Say where the stream is to be fetched.');
    await outputs.fetch(room, {
      connection: { url, loop: form.loop, transportProtocol: form.udp ? 'udp' : 'tcp' },
      media: { audio: form.audio && 'auto', video: form.video && 'auto' },
      ...(name === '' ? {} : { attributes: { name } }),
    });
    done(`The stream is in ${room} now`);
    onClose();
  };
  const check = (key: 'audio' | 'video' | 'udp' | 'loop', label: string): JSX.Element => (
    <Check
      label={label}
      checked={form[key]}
      onChange={(checked) => {
        set({ [key]: checked });
      }}
    />
  );
  return (
    <Dialog title={`Fetch a stream into ${room}`} onClose={onClose}>
      <DialogForm submit="Fetch" onSubmit={start} onCancel={onClose}>
        <TextField
          label="URL"
          name="url"
          value={form.url}
          onInput={(url) => {
            set({ url });
          }}
          placeholder="rtsp://camera.example.com/live"
          hint="RTSP, RTMP, SRT, HLS or a file by HTTP; file:// of folders that the configuration allows. Passwords in it are not shown again."
        />
        <TextField
          label="Name"
          name="name"
          value={form.name}
          onInput={(name) => {
            set({ name });
          }}
          placeholder="what participants see"
        />
        <fieldset class="checks">
          <legend>Take</legend>
          {check('video', 'its picture')}
          {check('audio', 'its sound')}
        </fieldset>
        <fieldset class="checks">
          <legend>Options</legend>
          {check('loop', 'begin a file again when it is over')}
          {check('udp', 'RTSP over UDP instead of TCP')}
        </fieldset>
        <p class="hint">This takes a moment: it is in the room when its first pictures have come.</p>
      </DialogForm>
    </Dialog>
  );
};
