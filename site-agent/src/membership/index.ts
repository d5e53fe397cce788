export * from './certificate-end.js';
export * from './keep-certificate.js';
