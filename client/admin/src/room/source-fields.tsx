import type { JSX } from 'preact';
import type { Taken } from '../api/outputs.ts';
import type { Sources } from '../model/outputs.ts';
import { Select } from '../ui/fields.tsx';

/** Ids of what is taken; empty: nothing. */
export interface Chosen {
  audio: string;
  video: string;
}

/** @throws Error with a sentence when nothing was chosen */
export function takenOf({ audio, video }: Chosen): Taken {
  if (audio === '' && video === '') throw new Error('Choose a picture, a sound, or both.');
  return { audio: audio === '' ? false : { from: audio }, video: video === '' ? false : { from: video } };
}

interface SourceFieldsProps {
  sources: Sources;
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
}

/** Which picture and which sound. A sound that belongs to the picture comes along when that is chosen. */
export const SourceFields = ({ sources, chosen, onChange }: SourceFieldsProps): JSX.Element => (
  <div class="field-pair">
    <Select
      label="Picture"
      name="video"
      value={chosen.video}
      options={[...sources.video, ['', 'None']]}
      onChange={(video) => {
        const along = chosen.audio === chosen.video && sources.audio.some(([id]) => id === video);
        onChange({ video, audio: along ? video : chosen.audio });
      }}
    />
    <Select
      label="Sound"
      name="audio"
      value={chosen.audio}
      options={[...sources.audio, ['', 'None']]}
      onChange={(audio) => {
        onChange({ ...chosen, audio });
      }}
    />
  </div>
);
