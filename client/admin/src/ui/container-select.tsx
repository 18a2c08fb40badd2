import type { JSX } from 'preact';
import type { Container } from '../../../../common/contract/egress.ts';
import { Select } from './fields.tsx';

const containers: readonly (readonly [Container, string])[] = [
  ['auto', 'As fits the codecs (MP4 or Matroska)'],
  ['mp4', 'MP4'],
  ['mkv', 'Matroska (.mkv)'],
  ['webm', 'WebM'],
  ['ts', 'MPEG transport stream (.ts)'],
];

interface ContainerSelectProps {
  value: Container;
  onChange: (container: Container) => void;
}

/** Kind of file of a recording. */
export const ContainerSelect = ({ value, onChange }: ContainerSelectProps): JSX.Element => (
  <Select
    label="File"
    name="container"
    value={value}
    options={containers}
    onChange={(chosen) => {
      onChange(containers.find(([name]) => name === chosen)?.[0] ?? 'auto');
    }}
  />
);
