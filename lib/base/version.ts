/** The version in package.json; a test compares them. Importing that file would add all of it to every bundle. */
export const version = '0.1.0';
