import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { NewStreamingOut } from '../api/outputs.ts';
import { useApi } from '../live/context.ts';
import { proposed } from '../model/outputs.ts';
import type { Sources } from '../model/outputs.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { Select, TextField } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';
import { SourceFields, takenOf } from './source-fields.tsx';

type Protocol = NonNullable<NewStreamingOut['protocol']>;

/** Where a live stream goes. */
type Way = `to ${Protocol}` | 'guess' | 'serve hls' | 'serve dash';

const ways: readonly (readonly [Way, string])[] = [
  ['guess', 'To a URL that says how (rtmp://, srt://, ….m3u8)'],
  ['to rtmp', 'To a server with RTMP'],
  ['to rtsp', 'To a server with RTSP'],
  ['to srt', 'To a server with SRT'],
  ['to hls', 'To a server with HLS (HTTP)'],
  ['to dash', 'To a server with DASH (HTTP)'],
  ['serve hls', 'Served from here with HLS'],
  ['serve dash', 'Served from here with DASH'],
];

function targetOf(way: Way, url: string): Pick<NewStreamingOut, 'protocol' | 'url'> {
  const [how, protocol] = way.split(' ') as [string, Protocol | undefined];
  const named = protocol === undefined ? {} : { protocol };
  if (how === 'serve') return named;
  if (url.trim() === '') throw new Error('Say where it is to be sent.');
  return { ...named, url: url.trim() };
}

interface LiveDialogProps {
  room: string;
  sources: Sources;
  onClose: () => void;
}

/** Begins a live stream. */
export const LiveDialog = ({ room, sources, onClose }: LiveDialogProps): JSX.Element => {
  const { outputs } = useApi();
  const { done } = useAction();
  const [chosen, setChosen] = useState(proposed(sources));
  const [way, setWay] = useState<Way>('guess');
  const [url, setUrl] = useState('');
  const start = async (): Promise<void> => {
    await outputs.goLive(room, { ...targetOf(way, url), media: takenOf(chosen) });
    done(`${room} goes live`);
    onClose();
  };
  return (
    <Dialog title={`Live stream of ${room}`} onClose={onClose}>
      <DialogForm submit="Go live" onSubmit={start} onCancel={onClose}>
        <SourceFields sources={sources} chosen={chosen} onChange={setChosen} />
        <Select
          label="Where"
          name="way"
          value={way}
          options={ways}
          onChange={(value) => {
            setWay(ways.find(([name]) => name === value)?.[0] ?? 'guess');
          }}
        />
        {way.startsWith('serve') ? (
          <p class="hint">The address for players stands in the list once it is live.</p>
        ) : (
          <TextField
            label="URL"
            name="url"
            value={url}
            onInput={setUrl}
            placeholder="rtmp://live.example.com/app/stream-key"
            hint="Passwords and keys in it are not shown again."
          />
        )}
      </DialogForm>
    </Dialog>
  );
};
