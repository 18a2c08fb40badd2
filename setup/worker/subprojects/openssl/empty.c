/* The main build links whole archives of its subprojects; the system library needs none. */
