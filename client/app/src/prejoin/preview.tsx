import type { JSX } from 'preact';
import type { CaptureSource } from '../media/problems.ts';
import { useApp, useLocal } from '../ui/context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { DeviceNotices } from '../ui/device-notices.tsx';
import { LocalPicture } from '../ui/local-picture.tsx';
import { MicMeter } from '../ui/mic-meter.tsx';

interface PreviewProps {
  name: string;
  /** What the chosen role can use at all. */
  mic: boolean;
  camera: boolean;
}

const captions: Record<CaptureSource, [on: string, off: string]> = {
  mic: ['Mute microphone', 'Unmute microphone'],
  camera: ['Turn camera off', 'Turn camera on'],
};

const Toggle = ({ source }: { source: CaptureSource }): JSX.Element => {
  const { media } = useApp();
  const { on, problems } = useLocal();
  // While the device is still opening the switch already shows what was asked for.
  const active = on[source] && problems[source] === undefined;
  return (
    <IconButton
      icon={active ? source : `${source}-off`}
      label={captions[source][active ? 0 : 1]}
      shortcut={source === 'mic' ? 'M' : 'V'}
      tone={active ? 'plain' : 'off'}
      onClick={() => void media.turn({ [source]: !active })}
    />
  );
};

const Placeholder = ({ name, camera }: { name: string; camera: boolean }): JSX.Element => {
  const { opening, on } = useLocal();
  const text = !camera
    ? 'This role joins without a camera'
    : opening && on.camera
      ? 'Starting your camera…'
      : 'Your camera is off';
  return (
    <div class="preview-off">
      <Avatar id={name || 'you'} name={name || 'You'} />
      <p role="status">{text}</p>
    </div>
  );
};

/** The own picture before joining, with the switches on it and what is wrong under it. */
export const Preview = ({ name, mic, camera }: PreviewProps): JSX.Element => (
  <section class="preview" aria-label="Camera and microphone">
    <div class="preview-frame dark">
      <Placeholder name={name} camera={camera} />
      {camera && <LocalPicture />}
      {(mic || camera) && (
        <div class="preview-controls">
          {mic && <Toggle source="mic" />}
          {camera && <Toggle source="camera" />}
        </div>
      )}
      {mic && <MicMeter />}
    </div>
    <DeviceNotices consolation="You can also join without." />
  </section>
);
