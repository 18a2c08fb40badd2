import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';

interface IconButtonProps {
  icon: IconName;
  /** Says what pressing does; also the tooltip. */
  label: string;
  /** Key that does the same. */
  shortcut?: string;
  tone?: 'plain' | 'off' | 'active' | 'danger';
  pressed?: boolean;
  expanded?: boolean;
  popup?: 'menu' | 'dialog';
  disabled?: boolean;
  badge?: number;
  size?: 'normal' | 'small';
  /** Extra class for the place it stands in. */
  place?: string;
  onClick: () => void;
}

export const IconButton = (props: IconButtonProps): JSX.Element => {
  const { icon, label, shortcut, tone = 'plain', size = 'normal', badge = 0, place = '' } = props;
  return (
    <button
      type="button"
      class={`icon-button ${size} ${tone} ${place}`}
      aria-label={badge > 0 ? `${label}, ${String(badge)} unread` : label}
      aria-keyshortcuts={shortcut}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-haspopup={props.popup}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={icon} size={size === 'small' ? 20 : 24} />
      {badge > 0 && (
        <span class="badge" aria-hidden="true">
          {badge > 99 ? '99+' : badge}
        </span>
      )}
      <span class="tip" aria-hidden="true">
        {label}
        {shortcut && <kbd>{shortcut}</kbd>}
      </span>
    </button>
  );
};

interface ButtonProps {
  children: ComponentChildren;
  kind?: 'primary' | 'quiet' | 'danger' | 'link';
  type?: 'button' | 'submit';
  busy?: boolean;
  disabled?: boolean;
  onClick?: () => void;
}

export const Button = ({ children, kind = 'quiet', type = 'button', ...props }: ButtonProps): JSX.Element => (
  <button
    type={type}
    class={`button ${kind}`}
    disabled={props.disabled === true || props.busy === true}
    aria-busy={props.busy}
    onClick={props.onClick}
  >
    {props.busy && <span class="spinner" aria-hidden="true" />}
    {children}
  </button>
);
