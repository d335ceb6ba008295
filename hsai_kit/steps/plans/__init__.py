"""What plans and receipts of pushes and actions have in common, and how a person confirms one."""
