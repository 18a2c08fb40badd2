import { render } from 'preact';
import { Root } from './app.tsx';
import './styles/index.css';

const root = document.getElementById('app');
if (root) render(<Root />, root);
