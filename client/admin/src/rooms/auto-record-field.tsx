import type { JSX } from 'preact';
import type { AutoRecordForm } from '../model/room-form.ts';
import { ContainerSelect } from '../ui/container-select.tsx';
import { Check, Select } from '../ui/fields.tsx';

interface AutoRecordFieldProps {
  value: AutoRecordForm;
  /** Labels of the views that can be recorded. */
  views: readonly string[];
  onChange: (value: AutoRecordForm) => void;
}

/** Whether the room records itself, which view, and into what. */
export const AutoRecordField = ({ value, views, onChange }: AutoRecordFieldProps): JSX.Element => (
  <>
    <Check
      label="Record from the first participant to the last"
      checked={value.on}
      onChange={(on) => {
        onChange({ ...value, on });
      }}
    />
    {value.on && (
      <div class="field-pair">
        <Select
          label="Recorded view"
          name="autoRecordView"
          value={views.includes(value.view) ? value.view : ''}
          options={[['', 'The first one'], ...views.map((label) => [label, label] as const)]}
          onChange={(view) => {
            onChange({ ...value, view });
          }}
        />
        <ContainerSelect
          value={value.container}
          onChange={(container) => {
            onChange({ ...value, container });
          }}
        />
      </div>
    )}
  </>
);
