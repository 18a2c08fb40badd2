import type { JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';

export interface MenuItem {
  icon: IconName;
  label: string;
  /** One of several, and whether it is the one that holds. */
  checked?: boolean;
  onSelect: () => void;
}

interface MenuProps {
  icon: IconName;
  /** Says what the menu is about; also the tooltip of its button. */
  label: string;
  items: readonly MenuItem[];
  size?: 'normal' | 'small';
}

/** Pixels between the button and its menu, and between the menu and the window. */
const gap = 6;

/** Under the button, or over it where there is no room; inside the window. */
const placeAt = (menu: HTMLElement, button: HTMLElement): void => {
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = from.bottom + gap;
  const top = below + height + gap > window.innerHeight ? from.top - gap - height : below;
  menu.style.left = `${String(Math.max(gap, Math.min(from.right - width, window.innerWidth - width - gap)))}px`;
  menu.style.top = `${String(Math.max(gap, top))}px`;
};

const steps: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_index, count) => count - 1,
};

const anyItem = '[role^="menuitem"]';

/** Arrow keys go from item to item. */
const walk = (event: KeyboardEvent, menu: HTMLElement): void => {
  const step = steps[event.key];
  const items = [...menu.querySelectorAll<HTMLElement>(anyItem)];
  if (!step || items.length === 0) return;
  event.preventDefault();
  const index = items.findIndex((item) => item === document.activeElement);
  items[step(index, items.length)]?.focus();
};

/** A button that opens a menu. The browser closes it: with Esc, or when something else is touched. */
export const Menu = ({ icon, label, items, size = 'normal' }: MenuProps): JSX.Element => {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const place = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const show = (): void => {
    const button = place.current?.querySelector('button');
    if (!menu.current || !button) return;
    menu.current.showPopover();
    placeAt(menu.current, button);
    const item = menu.current.querySelector<HTMLElement>('[aria-checked="true"]');
    (item ?? menu.current.querySelector<HTMLElement>(anyItem))?.focus();
  };
  return (
    <span ref={place} class="menu-place">
      <IconButton icon={icon} label={label} size={size} expanded={open} popup="menu" onClick={show} />
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onToggle={(event) => {
          setOpen(event.newState === 'open');
        }}
        onKeyDown={(event) => {
          walk(event, event.currentTarget);
        }}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked={item.checked}
            tabIndex={-1}
            onClick={() => {
              menu.current?.hidePopover();
              item.onSelect();
            }}
          >
            <Icon name={item.icon} size={20} />
            <span class="menu-label">{item.label}</span>
            {item.checked === true && <Icon name="check" size={18} />}
          </button>
        ))}
      </div>
    </span>
  );
};
