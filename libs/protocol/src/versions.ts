/** Of the wire. A site and a coordinator that differ do not work together. */
export const PROTOCOL_VERSION = 1;

/** Of the product; agents and coordinator report it. */
export const PRODUCT_VERSION = '0.1.0';
