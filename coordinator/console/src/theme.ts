import { createTheme, Modal, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** A deep blue that text on it and beside it can be read with (4.5:1 and more in both themes). */
const ink: MantineColorsTuple = [
  '#eef4fa',
  '#dbe6f1',
  '#b5cbe2',
  '#8cafd3',
  '#6a97c6',
  '#4f83b8',
  '#2f6ba6',
  '#1f5588',
  '#1b4a76',
  '#143a5e',
];

/** The greys of the dark theme, with a breath of the same blue. */
const dark: MantineColorsTuple = [
  '#e3e8ee',
  '#c3cbd5',
  '#a9b4c2',
  '#8b96a4',
  '#4a5462',
  '#3a4350',
  '#28303a',
  '#1b2028',
  '#14181e',
  '#0f1217',
];

export const theme = createTheme({
  colors: { ink, dark },
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 7 },
  fontFamily: 'Inter, "Segoe UI", Roboto, "Helvetica Neue", "Open Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: { Modal: Modal.extend({ defaultProps: { lockScroll: false } }) },
});

/** Mantine's grey for secondary text is too pale to be read by everybody. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#4f5b6b',
    '--mantine-color-placeholder': '#667080',
    '--mantine-color-error': '#a3182b',
    '--mantine-color-anchor': '#1f5588',
  },
  dark: {
    '--mantine-color-body': '#14181e',
    '--mantine-color-dimmed': '#a9b4c2',
    '--mantine-color-placeholder': '#98a3b1',
    '--mantine-color-error': '#ff9aa5',
    '--mantine-color-anchor': '#8fbce8',
    '--mantine-color-text': '#e3e8ee',
  },
});
