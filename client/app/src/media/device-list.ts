export interface Device {
  id: string;
  label: string;
}

export interface DeviceList {
  mics: Device[];
  cameras: Device[];
  speakers: Device[];
}

export const noDevices: DeviceList = { mics: [], cameras: [], speakers: [] };

/** Labels are empty until the person allowed a device, hence the numbered stand-ins. */
const named = (infos: MediaDeviceInfo[], kind: MediaDeviceKind, noun: string): Device[] =>
  infos
    .filter((info) => info.kind === kind && info.deviceId !== '')
    .map((info, index) => ({ id: info.deviceId, label: info.label || `${noun} ${String(index + 1)}` }));

export const listDevices = async (): Promise<DeviceList> => {
  if (!('mediaDevices' in navigator)) return noDevices;
  const infos = await navigator.mediaDevices.enumerateDevices();
  return {
    mics: named(infos, 'audioinput', 'Microphone'),
    cameras: named(infos, 'videoinput', 'Camera'),
    speakers: named(infos, 'audiooutput', 'Speaker'),
  };
};

/** Whether sound can be sent to a chosen speaker (not in every browser). */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;
