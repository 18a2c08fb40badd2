import type { JSX } from 'preact';
import { canChooseSpeaker } from '../media/device-list.ts';
import type { Device } from '../media/device-list.ts';
import type { DeviceRole } from '../media/local-media.ts';
import { useApp, useLocal } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import type { IconName } from '../ui/icon.tsx';

interface DeviceSelectProps {
  role: DeviceRole;
  label: string;
  icon: IconName;
  devices: Device[];
  none: string;
}

const DeviceSelect = ({ role, label, icon, devices, none }: DeviceSelectProps): JSX.Element => {
  const { media } = useApp();
  const { chosen, tracks } = useLocal();
  const active = role === 'speaker' ? undefined : tracks[role]?.getSettings().deviceId;
  const known = (id: string | undefined): boolean => devices.some((device) => device.id === id);
  const value = [active, chosen[role]].find(known) ?? devices[0]?.id ?? '';
  return (
    <div class="device-select">
      <Icon name={icon} size={20} />
      <select
        aria-label={label}
        value={value}
        disabled={devices.length === 0}
        onChange={(event) => void media.choose(role, event.currentTarget.value)}
      >
        {devices.length === 0 && <option value="">{none}</option>}
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
    </div>
  );
};

interface DeviceSelectsProps {
  mic?: boolean;
  camera?: boolean;
}

/** Choice of microphone, camera and, where the browser can, speaker. */
export const DeviceSelects = ({ mic = true, camera = true }: DeviceSelectsProps): JSX.Element => {
  const { devices } = useLocal();
  return (
    <div class="device-selects">
      {camera && (
        <DeviceSelect role="camera" label="Camera" icon="camera" devices={devices.cameras} none="No camera" />
      )}
      {mic && (
        <DeviceSelect role="mic" label="Microphone" icon="mic" devices={devices.mics} none="No microphone" />
      )}
      {canChooseSpeaker() && devices.speakers.length > 0 && (
        <DeviceSelect role="speaker" label="Speaker" icon="volume" devices={devices.speakers} none="" />
      )}
    </div>
  );
};
