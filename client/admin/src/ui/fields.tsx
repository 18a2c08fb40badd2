import type { JSX } from 'preact';

interface TextFieldProps {
  label: string;
  name: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  hint?: string;
  numeric?: boolean;
  /** Values to choose from; others may be typed. */
  suggestions?: readonly string[];
}

export const TextField = ({
  label,
  name,
  hint,
  suggestions,
  numeric,
  ...props
}: TextFieldProps): JSX.Element => {
  const list = suggestions === undefined ? undefined : `${name}-suggestions`;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        value={props.value}
        placeholder={props.placeholder}
        inputMode={numeric === true ? 'numeric' : undefined}
        list={list}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          props.onInput(event.currentTarget.value);
        }}
      />
      {list !== undefined && (
        <datalist id={list}>
          {suggestions?.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
      {hint !== undefined && <small>{hint}</small>}
    </label>
  );
};

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

export const Check = ({ label, checked, onChange }: CheckProps): JSX.Element => (
  <label class="check">
    <input
      type="checkbox"
      checked={checked}
      onChange={(event) => {
        onChange(event.currentTarget.checked);
      }}
    />
    <span>{label}</span>
  </label>
);

interface SelectProps {
  label: string;
  name: string;
  value: string;
  /** Value and what it is called. */
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
  /** The label is for those who do not see the field: it stands in a row of filters. */
  compact?: boolean;
}

export const Select = ({ label, name, value, options, onChange, compact }: SelectProps): JSX.Element => (
  <label class={compact === true ? 'filter' : 'field'}>
    <span class={compact === true ? 'visually-hidden' : ''}>{label}</span>
    <select
      name={name}
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
