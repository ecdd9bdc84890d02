"""Kernel interfaces that no repository's tests need, and their numbers on each architecture.

What container engines and desktop sandboxes refuse by default, less what test suites do use:
debuggers stay (ptrace, process_vm_*: the pid namespace keeps them inside), and so do io_setup,
memfd_create, inotify, landlock and seccomp itself.
"""

from collections.abc import Mapping

# Of x86_64 and of aarch64; None where the architecture never had it.
Numbers = tuple[int | None, int | None]

ARCHITECTURES = ("x86_64", "aarch64")

REFUSED: Mapping[str, Numbers] = {
    # Other file systems, roots and namespaces.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "setns": (308, 268),
    # Files by their number instead of their path; other users' quotas.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # Keyrings belong to no namespace.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Large and young parts of the kernel, where most ways out of sandboxes were found.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # The machine as a whole: its kernel, clock, log, swap and power.
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "acct": (163, 89),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    # Calls of long ago.
    "create_module": (174, None),
    "get_kernel_syms": (177, None),
    "query_module": (178, None),
    "nfsservctl": (180, 42),
    "lookup_dcookie": (212, 18),
    "uselib": (134, None),
    "sysfs": (139, None),
    "_sysctl": (156, None),
}

# Looked at more closely: what they may do depends on their arguments.
CLONE: Numbers = (56, 220)
CLONE3: Numbers = (435, 435)
UNSHARE: Numbers = (272, 97)
PERSONALITY: Numbers = (135, 92)
IOCTL: Numbers = (16, 29)
SOCKET: Numbers = (41, 198)
SOCKETPAIR: Numbers = (53, 199)
