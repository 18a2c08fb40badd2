import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { roles } from '../roles.ts';
import { Button } from '../ui/button.tsx';

interface RoleChoiceProps {
  role: string;
  onChange: (role: string) => void;
}

/** Hidden behind a link: most people join as they are expected to. */
export const RoleChoice = ({ role, onChange }: RoleChoiceProps): JSX.Element => {
  const [open, setOpen] = useState(false);
  if (!open) {
    return (
      <Button
        kind="link"
        onClick={() => {
          setOpen(true);
        }}
      >
        Join with another role
      </Button>
    );
  }
  return (
    <fieldset class="roles">
      <legend>Role</legend>
      {roles.map(({ id, name, help }) => (
        <label key={id} class="role">
          <input
            type="radio"
            name="role"
            value={id}
            checked={role === id}
            onChange={() => {
              onChange(id);
            }}
          />
          <span>
            {name}
            <small>{help}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
};
