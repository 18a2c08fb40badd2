import type { JSX } from 'preact';

interface TokenFieldProps {
  token: string;
  onChange: (token: string) => void;
}

/** For servers that give out no tokens by themselves. */
export const TokenField = ({ token, onChange }: TokenFieldProps): JSX.Element => (
  <div class="token">
    <div class="notice">
      <strong>An invitation is needed here</strong>
      <span>
        This server lets people in by invitation. Paste the token you were given, or ask whoever runs it for
        one.
      </span>
    </div>
    <label class="field">
      <span>Invitation token</span>
      <textarea
        rows={3}
        value={token}
        required
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => {
          onChange(event.currentTarget.value.trim());
        }}
      />
    </label>
  </div>
);
