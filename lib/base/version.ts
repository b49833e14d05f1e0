/** The version in package.json, which a test compares. Importing that file would put all of it into every bundle. */
export const version = '0.1.0';
