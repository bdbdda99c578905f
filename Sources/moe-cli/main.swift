print("moe-cli")
